import { initializeBody, initializedBody } from '../messages.js';
import { Calls } from './calls.js';
import { EventStream } from './event-stream.js';
import type { Poster } from './poster.js';
import type { Receiver } from './receiver.js';
import { patienceMs, type Verdict } from './verdict.js';

/** A client's session: a stream, and where to POST. */
export class LoadSession {
  receiver: Receiver;
  path = '';
  #opened: () => void = () => undefined;
  #stream: EventStream | undefined;

  private constructor(
    readonly number: number,
    private readonly port: number,
    readonly verdict: Verdict,
  ) {
    this.receiver = new Calls(number, verdict);
  }

  /** Resolves once the endpoint is announced. */
  static async open(
    number: number,
    port: number,
    verdict: Verdict,
    headers?: string,
  ): Promise<LoadSession> {
    const session = new LoadSession(number, port, verdict);
    const announced = new Promise<void>((resolve) => {
      session.#opened = resolve;
    });
    const onEvent = (name: string, data: Buffer): void => {
      session.#take(name, data);
    };
    session.#stream = await EventStream.open(port, verdict, onEvent, headers);
    await verdict.within(patienceMs, 'the endpoint event', announced);
    return session;
  }

  get id(): string {
    return new URL(this.path, 'http://localhost').searchParams.get('sessionId') ?? '';
  }

  get stream(): EventStream {
    if (this.#stream === undefined) throw new Error('this session is not open');
    return this.#stream;
  }

  /** What every client does first. */
  async initialize(poster: Poster): Promise<void> {
    const calls = new Calls(this.number, this.verdict);
    this.receiver = calls;
    const answered = calls.expectInitialize();
    await poster.send(this.path, initializeBody(0));
    await answered;
    await poster.send(this.path, initializedBody);
  }

  close(): void {
    this.#stream?.close();
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
