// The pings of one session.
import { McpSseError } from '../errors.js';
import { performance } from '../util/timers.js';

/** The members of a session that its pings use. */
interface PingedSession {
  lastPingAt: number;
  readonly sender: {
    readonly writer: object | undefined;
    /** Ends the connection: the session too, unless its client can come back. */
    dropConnection(error: McpSseError): void;
  };
  request(method: 'ping', params: undefined, options: { timeoutMs: number }): Promise<unknown>;
}

/** The rules for the pings of all sessions. */
export interface PingRules {
  /** Milliseconds for the client's answer. */
  readonly timeoutMs: number;
  /** Whether an unanswered ping also counts for clients that have never answered one. */
  readonly strict: boolean;
}

/**
 * Pings the client of one session, one ping at a time, and ends its connection without an answer.
 */
export class Heartbeat {
  #waiting = false;
  /** Some clients, such as mcp-go, answer no ping: their silence proves nothing. */
  #hasAnswered = false;

  /** Whether a ping waits for its answer. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Pings the client, unless a ping still waits for its answer. */
  beat(session: PingedSession, { timeoutMs, strict }: PingRules): void {
    if (this.#waiting) return;
    this.#waiting = true;
    session.lastPingAt = performance.now();
    const { writer } = session.sender;
    session
      .request('ping', undefined, { timeoutMs })
      .then(() => (this.#hasAnswered = true))
      .catch((error: unknown) => {
        // [spec] An unanswered ping means a dead connection; an error as the answer does not.
        if (!(error instanceof McpSseError)) this.#hasAnswered = true;
        else if (error.code === 'request-timeout' && (strict || this.#hasAnswered)) {
          // This ping says nothing about a connection that is newer than itself.
          if (session.sender.writer === writer) {
            session.sender.dropConnection(new McpSseError('ping-timeout', error.message));
          }
        }
      })
      .finally(() => (this.#waiting = false));
  }
}
