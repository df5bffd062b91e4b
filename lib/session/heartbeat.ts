// The pings of one session.
import { McpSseError } from '../errors.js';
import { performance } from '../util/timers.js';

/** A session as its pings need it. */
interface PingedSession {
  readonly sender: { readonly writer: object | undefined };
  request(method: 'ping', params: undefined, options: { timeoutMs: number }): Promise<unknown>;
  dropConnection(error: McpSseError): void;
}

/** The pings of one session: one at a time, and its end when one is not answered. */
export class Heartbeat {
  /** On the clock of `performance.now()`. */
  lastBeatAt: number = performance.now();
  #waiting = false;

  /** Asks the client for a sign of life, unless it is being asked. */
  beat(session: PingedSession, timeoutMs: number): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.lastBeatAt = performance.now();
    const { writer } = session.sender;
    session
      .request('ping', undefined, { timeoutMs })
      .catch((error: unknown) => {
        // [spec] An unanswered ping is a dead connection; an error for an answer is not.
        if (!(error instanceof McpSseError) || error.code !== 'request-timeout') return;
        // A connection that has come since then is none of this ping's business.
        if (session.sender.writer === writer) {
          session.dropConnection(new McpSseError('ping-timeout', error.message));
        }
      })
      .finally(() => (this.#waiting = false));
  }
}
