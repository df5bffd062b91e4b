/** A connection that is kept open, with at most one POST under way. */
import { Connection, ResponseReader } from './connection.js';
import { Calls } from './expectations.js';
import type { LoadSession } from './session.js';
import type { Verdict } from './verdict.js';

const accepted = /^HTTP\/1\.1 202 /;

export class Poster {
  #connection: Connection | undefined;
  #response: ResponseReader | undefined;
  #onAccepted: () => void = () => undefined;

  private constructor(private readonly port: number) {}

  static async open(port: number, verdict: Verdict): Promise<Poster> {
    const poster = new Poster(port);
    const onRead = (bytes: Buffer) => poster.#read(bytes);
    const onLost = () => verdict.fail('the server closed a connection for POSTs');
    poster.#connection = await Connection.open(port, verdict, onRead, onLost);
    return poster;
  }

  /** Anything but one 202 fails the run. ASCII bodies only. */
  post(path: string, body: string, onAccepted: () => void): void {
    if (this.#response !== undefined) throw new Error('a POST is under way here');
    this.#response = new ResponseReader(accepted);
    this.#onAccepted = onAccepted;
    this.#connection?.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }

  /** The same as a promise. */
  send(path: string, body: string): Promise<void> {
    return new Promise((resolve) => {
      this.post(path, body, resolve);
    });
  }

  /** Tells how long the answer took, in µs, once both the 202 and the answer are there. */
  call(session: LoadSession, answerBytes: number | undefined, onDone: (µs: number) => void): void {
    if (!(session.receiver instanceof Calls)) throw new Error('this session takes no answers');
    let missing = 2;
    let answeredAt = 0;
    const arrived = () => {
      missing -= 1;
      if (missing === 0) onDone((answeredAt - began) * 1000);
    };
    const body = session.receiver.next(answerBytes, () => {
      answeredAt = performance.now();
      arrived();
    });
    const began = performance.now();
    this.post(session.path, body, arrived);
  }

  close(): void {
    this.#connection?.close();
  }

  #read(bytes: Buffer): void {
    if (this.#response === undefined) throw new Error('a response that was not asked for');
    this.#response.read(bytes);
    if (!this.#response.ended) return;
    this.#response = undefined;
    this.#onAccepted();
  }
}
