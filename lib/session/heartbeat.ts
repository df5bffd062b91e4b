// The pings of one session.
import { McpSseError } from '../errors.js';
import { performance } from '../util/timers.js';

/** A session as its pings need it. */
interface PingedSession {
  readonly sender: {
    readonly writer: object | undefined;
    /** Ends the connection: the session too, unless its client can come back. */
    dropConnection(error: McpSseError): void;
  };
  request(method: 'ping', params: undefined, options: { timeoutMs: number }): Promise<unknown>;
}

/** How the pings of all sessions are taken. */
export interface PingRules {
  /** How long a client may take to answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether a client that has never answered one must do so too. */
  readonly strict: boolean;
}

/** The pings of one session: one at a time, and its end when one is not answered. */
export class Heartbeat {
  /** On the clock of `performance.now()`. */
  lastBeatAt: number = performance.now();
  #waiting = false;
  /** Some clients answer no ping, mcp-go for one: their silence says nothing. */
  #hasAnswered = false;

  /** Whether a ping waits for its answer. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Asks the client for a sign of life, unless it is being asked. */
  beat(session: PingedSession, { timeoutMs, strict }: PingRules): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.lastBeatAt = performance.now();
    const { writer } = session.sender;
    session
      .request('ping', undefined, { timeoutMs })
      .then(() => (this.#hasAnswered = true))
      .catch((error: unknown) => {
        // [spec] An unanswered ping is a dead connection; an error for an answer is not.
        if (!(error instanceof McpSseError)) this.#hasAnswered = true;
        else if (error.code === 'request-timeout' && (strict || this.#hasAnswered)) {
          // A connection that has come since then is none of this ping's business.
          if (session.sender.writer === writer) {
            session.sender.dropConnection(new McpSseError('ping-timeout', error.message));
          }
        }
      })
      .finally(() => (this.#waiting = false));
  }
}
