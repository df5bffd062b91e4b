// A session on its way to another node, as seen on the node that it leaves.
import { McpSseError } from '../../errors.js';
import { rejected } from '../../util/promises.js';
import { clearTimeout, setTimeout } from '../../util/timers.js';
import type { Frame } from '../../wire/sse-encoder.js';
import { isRequest, type JsonRpcMessage } from '../../wire/json-rpc.js';
import { sessionClosed } from '../session-closed.js';

/**
 * Time that a request waits for the session to leave; then it runs here. A request that keeps the
 * session may take longer than this client, or the node in between, would wait.
 */
const HOLD_MS = 2_000;
/** The most POSTs, and bytes of the server's messages, that wait for one session. */
const MAX_HELD_POSTS = 256;
const MAX_HELD_BYTES = 1024 * 1024;

/** The node that takes the held messages: this one or another. */
export type Whereabouts = 'here' | 'elsewhere';

/** A message of the server that waits until the session has moved. */
export interface HeldMessage {
  readonly message: JsonRpcMessage;
  readonly resolve: () => void;
  readonly reject: (error: McpSseError) => void;
}

/**
 * Holds messages for a session while it leaves. At first, while its requests run, further requests
 * wait and everything else goes on. Then it is frozen: everything waits. In the end it is on
 * another node, or ends here.
 */
export class HandOver {
  #stage: 'leaving' | 'frozen' | 'moved' | 'ended' = 'leaving';
  readonly #posts = new Set<(whereabouts: Whereabouts | McpSseError) => void>();
  readonly #messages: HeldMessage[] = [];
  #messageBytes = 0;
  /** By node: the number of the last broadcast that reached the session before it was frozen. */
  broadcastsSeen: Readonly<Record<string, number>> = {};

  get frozen(): boolean {
    return this.#stage === 'frozen';
  }

  /** From now on nothing reaches the session or its client. */
  freeze(broadcastsSeen: Readonly<Record<string, number>> = {}): void {
    if (this.#stage !== 'leaving') return;
    this.#stage = 'frozen';
    this.broadcastsSeen = broadcastsSeen;
  }

  /**
   * Holds the messages of a POST.
   *
   * @returns undefined if the session takes them now
   * @throws McpSseError (as a rejection) `shutting-down` if the session ends instead of leaving, or
   * too many POSTs wait already
   */
  hold(messages: readonly JsonRpcMessage[]): Promise<Whereabouts> | undefined {
    if (this.#stage === 'leaving' && !messages.some(isRequest)) return undefined;
    return this.#stage === 'leaving' ? this.whereabouts(HOLD_MS) : this.whereabouts();
  }

  /** Resolves with the place of the session once it is known; with `here` after `holdMs`. */
  whereabouts(holdMs?: number): Promise<Whereabouts> {
    if (this.#stage === 'moved') return Promise.resolve('elsewhere');
    if (this.#stage === 'ended' || this.#posts.size >= MAX_HELD_POSTS) {
      return rejected(shuttingDown());
    }
    return new Promise((resolve, reject) => {
      const settle = (whereabouts: Whereabouts | McpSseError): void => {
        clearTimeout(timer);
        this.#posts.delete(settle);
        if (whereabouts instanceof McpSseError) reject(whereabouts);
        else resolve(whereabouts);
      };
      const timer =
        holdMs === undefined
          ? undefined
          : setTimeout(() => {
              if (this.#stage === 'leaving') settle('here');
            }, holdMs).unref();
      this.#posts.add(settle);
    });
  }

  /**
   * Takes a message that the server sends while the session is frozen. Undefined before that: the
   * session sends it. Rejects answers, which no client waits for, and requests, because this server
   * closes before it could get their answers.
   */
  take(message: JsonRpcMessage, frame: Frame): Promise<void> | undefined {
    if (this.#stage === 'leaving') return undefined;
    if (!('method' in message) || 'id' in message) return rejected(sessionClosed());
    if (this.#stage !== 'frozen') return rejected(sessionClosed());
    this.#messageBytes += frame.bytes;
    if (this.#messageBytes > MAX_HELD_BYTES) {
      return rejected(
        new McpSseError(
          'buffer-overflow',
          'the server sent over 1 MiB to a session that is moving to another node: this is lost',
        ),
      );
    }
    return new Promise((resolve, reject) => {
      this.#messages.push({ message, resolve, reject });
    });
  }

  /** Removes and returns the held messages, in order: they move with the session. */
  takeMessages(): HeldMessage[] {
    return this.#messages.splice(0);
  }

  /** Another node has the session: the held POSTs go there. */
  moved(): void {
    if (this.#stage !== 'frozen') return;
    this.#stage = 'moved';
    for (const settle of this.#posts) settle('elsewhere');
  }

  /** The session ends here. */
  ended(): void {
    if (this.#stage === 'moved') return;
    this.#stage = 'ended';
    for (const { reject } of this.#messages.splice(0)) reject(sessionClosed());
    for (const settle of this.#posts) settle(shuttingDown());
  }
}

function shuttingDown(): McpSseError {
  return new McpSseError('shutting-down', 'the server is shutting down');
}
