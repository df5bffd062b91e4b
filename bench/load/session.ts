/** A client's session: its stream, and where to POST. */
import { initializeBody, initializedBody } from '../messages.js';
import { Connection, ResponseReader } from './connection.js';
import { EventReader } from './event-reader.js';
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
  #connection: Connection | undefined;
  #opened: () => void = () => undefined;

  private constructor(
    number: number,
    private readonly port: number,
    private readonly verdict: Verdict,
  ) {
    this.receiver = new Calls(number, verdict);
  }

  /** Resolves once the endpoint is announced. Each of `headers` ends with its line break. */
  static async open(number: number, port: number, verdict: Verdict, headers = '') {
    const session = new LoadSession(number, port, verdict);
    const opened = new Promise<void>((resolve) => (session.#opened = resolve));
    const events = new EventReader((name, data) => session.#take(name, data));
    const response = new ResponseReader(stream, (bytes) => events.read(bytes));
    const onRead = (bytes: Buffer) => {
      response.read(bytes);
      if (response.ended) session.#ended();
    };
    const connection = await Connection.open(port, verdict, onRead, () => session.#ended());
    session.#connection = connection;
    const head = `GET /sse HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n`;
    connection.write(`${head}${headers}\r\n`);
    await verdict.within(patienceMs, 'the endpoint event', opened);
    return session;
  }

  get id(): string {
    return new URL(this.path, 'http://localhost').searchParams.get('sessionId') ?? '';
  }

  /** What every client does first. */
  async initialize(poster: Poster): Promise<void> {
    if (!(this.receiver instanceof Calls)) throw new Error('this session takes no answers');
    const answered = this.receiver.initialized();
    await poster.send(this.path, initializeBody);
    await answered;
    await poster.send(this.path, initializedBody);
  }

  /** Stops reading. */
  pause(): void {
    this.#connection?.pause();
  }

  close(): void {
    this.#connection?.close();
  }

  #ended(): void {
    if (!this.mayEnd) this.verdict.fail('the server ended a stream');
  }

  #take(name: string, data: Buffer): void {
    if (name === 'message' && this.path !== '') {
      this.receiver.receive(data);
    } else if (name === 'endpoint' && this.path === '') {
      const url = new URL(data.toString('latin1'), `http://127.0.0.1:${this.port}/sse`);
      this.path = url.pathname + url.search;
      this.#opened();
    } else {
      throw new Error(`unexpected event ${name}: ${data.toString('latin1', 0, 300)}`);
    }
  }
}
