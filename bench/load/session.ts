/** A client's session: its stream, and where to POST. */
import { EventStreamParser } from '../../lib/wire/sse-parser.js';
import { initializeBody, initializedBody } from '../messages.js';
import { Connection, ResponseReader } from './connection.js';
import { Calls, type Receiver } from './expectations.js';
import type { Poster } from './poster.js';
import { patienceMs, type Verdict } from './verdict.js';

const stream = /^HTTP\/1\.1 200 [^]*\r\ncontent-type: *text\/event-stream/i;

export class LoadSession {
  /** Takes what comes after the endpoint event. */
  receiver: Receiver;
  path = '';
  /** Whether the server may end the stream; one that must not end fails the run when it does. */
  mayEnd = false;
  readonly connection: Connection;
  #opened: () => void = () => undefined;

  private constructor(
    number: number,
    private readonly port: number,
    private readonly verdict: Verdict,
  ) {
    this.receiver = new Calls(number, verdict);
    const events = new EventStreamParser({ event: ({ event, data }) => this.#take(event, data) });
    // All that travels is ASCII.
    const response = new ResponseReader(stream, (bytes) => events.feed(bytes.toString('latin1')));
    const onRead = (bytes: Buffer) => {
      response.read(bytes);
      if (response.ended) this.#ended();
    };
    this.connection = new Connection(port, verdict, onRead, () => this.#ended());
  }

  /** Resolves once the endpoint is announced. Each of `headers` ends with its line break. */
  static async open(number: number, port: number, verdict: Verdict, headers = '') {
    const session = new LoadSession(number, port, verdict);
    await session.connection.opened;
    const announced = new Promise<void>((resolve) => (session.#opened = resolve));
    const head = `GET /sse HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n`;
    session.connection.write(`${head}${headers}\r\n`);
    await verdict.within(patienceMs, 'the endpoint event', announced);
    return session;
  }

  get id(): string {
    return new URL(this.path, 'http://localhost').searchParams.get('sessionId') ?? '';
  }

  /** What every client does first. */
  async initialize(poster: Poster): Promise<void> {
    if (!(this.receiver instanceof Calls)) throw new Error('this session takes no answers');
    const send = (body: string) =>
      new Promise<void>((resolve) => poster.post(this.path, body, resolve));
    const answered = this.receiver.initialized();
    await send(initializeBody);
    await answered;
    await send(initializedBody);
  }

  #ended(): void {
    if (!this.mayEnd) this.verdict.fail('the server ended a stream');
  }

  #take(name: string, data: string): void {
    if (name === 'message' && this.path !== '') {
      this.receiver.receive(data);
    } else if (name === 'endpoint' && this.path === '') {
      const url = new URL(data, `http://127.0.0.1:${this.port}/sse`);
      this.path = url.pathname + url.search;
      this.#opened();
    } else {
      throw new Error(`unexpected event ${name}: ${data.slice(0, 300)}`);
    }
  }
}
