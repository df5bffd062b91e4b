/** A connection that is kept open, with at most one POST under way. */
import { Connection, ResponseReader } from './connection.js';
import { Calls } from './expectations.js';
import type { LoadSession } from './session.js';
import type { Verdict } from './verdict.js';

const accepted = /^HTTP\/1\.1 202 /;

export class Poster {
  readonly connection: Connection;
  #response: ResponseReader | undefined;
  #onAccepted: () => void = () => undefined;

  private constructor(
    private readonly port: number,
    verdict: Verdict,
  ) {
    const onLost = () => verdict.fail('the server closed a connection for POSTs');
    this.connection = new Connection(port, verdict, (bytes) => this.#read(bytes), onLost);
  }

  static async open(port: number, verdict: Verdict): Promise<Poster> {
    const poster = new Poster(port, verdict);
    await poster.connection.opened;
    return poster;
  }

  /** Anything but one 202 fails the run. ASCII bodies only. */
  post(path: string, body: string, onAccepted: () => void): void {
    if (this.#response !== undefined) throw new Error('a POST is under way here');
    this.#response = new ResponseReader(accepted);
    this.#onAccepted = onAccepted;
    this.connection.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }

  /** Tells in µs how long the answer took, and the 202, once both are there. */
  call(
    session: LoadSession,
    answerBytes: number | undefined,
    onDone: (answered: number, accepted: number) => void,
  ): void {
    if (!(session.receiver instanceof Calls)) throw new Error('this session takes no answers');
    let answered = 0;
    let accepted = 0;
    const since = () => (performance.now() - began) * 1000;
    const body = session.receiver.next(answerBytes, () => {
      answered = since();
      if (accepted > 0) onDone(answered, accepted);
    });
    const began = performance.now();
    this.post(session.path, body, () => {
      accepted = since();
      if (answered > 0) onDone(answered, accepted);
    });
  }

  #read(bytes: Buffer): void {
    if (this.#response === undefined) throw new Error('a response that was not asked for');
    this.#response.read(bytes);
    if (!this.#response.ended) return;
    this.#response = undefined;
    this.#onAccepted();
  }
}
