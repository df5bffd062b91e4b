// Counts and bounds all bytes that callers can make the process hold.
import { McpSseError } from '../errors.js';

const FULL = 'the server has no memory left for this: limits.maxTotalBytes is reached';
const LARGEST = 'limits.maxTotalBytes is exceeded, and this session holds most of it';

/** The members of a session that the budget needs. */
export interface BudgetHolder {
  /** Bytes of memory that the session holds. */
  readonly heldBytes: number;
  readonly sender: { releaseWritten(): void };
  close(reason: 'replay-evicted'): void;
  fail(error: McpSseError): void;
}

/** Larger bodies may use only a share of the budget; the rest stays free for smaller ones. */
const SMALL_BYTES = 64 * 1024;
const SHARE_OF_LARGE = 0.75;

/** The bytes of all budgets of this process: several routers share one heap. */
let processBytes = 0;

/**
 * Counts and bounds all bytes that callers can make the process hold: bodies, running requests,
 * messages that wait for clients or other nodes, replays and handshakes.
 *
 * At the limit it first refuses input of clients. If the server itself needs room, it closes the
 * longest-detached sessions, then drops the kept messages of the others, then closes the session
 * that holds the most.
 */
export class ByteBudget<Holder extends BudgetHolder> {
  readonly #maxBytes: number;
  readonly #sessions: Iterable<Holder>;
  readonly #onFull: ((bytes: number) => void) | undefined;
  /** In the order of their detachment. */
  readonly #detached = new Set<Holder>();
  #bytes = 0;

  /** @param onFull called with the bytes in use each time something must be dropped */
  constructor(maxBytes: number, sessions: Iterable<Holder>, onFull?: (bytes: number) => void) {
    this.#maxBytes = maxBytes;
    this.#sessions = sessions;
    this.#onFull = onFull;
  }

  /** Bytes that this router holds now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Checks whether `bytes` more of a client would fit.
   *
   * @param size of the whole body, of which `bytes` are a part
   * @throws McpSseError `over-budget` if they would not
   */
  admit(bytes: number, size: number = bytes): void {
    const share = size > SMALL_BYTES ? SHARE_OF_LARGE : 1;
    if (processBytes + bytes <= this.#maxBytes * share) return;
    throw new McpSseError('over-budget', FULL);
  }

  /** Counts `bytes` more, or fewer if negative, that belong to no session. */
  add(bytes: number): void {
    this.#bytes += bytes;
    processBytes += bytes;
  }

  /** Counts `bytes` more, or fewer if negative, of a session. Makes room if they are too many. */
  change(_holder: Holder, bytes: number): void {
    this.add(bytes);
    if (bytes > 0 && this.#isOver()) this.#makeRoom();
  }

  /** The session's client has left. Sessions go in the order in which their clients left. */
  detached(holder: Holder): void {
    this.#detached.add(holder);
  }

  /** The session's client is back, or the session has closed. */
  attachedOrClosed(holder: Holder): void {
    this.#detached.delete(holder);
  }

  #isOver(): boolean {
    return processBytes > this.#maxBytes;
  }

  #makeRoom(): void {
    this.#onFull?.(this.#bytes);
    for (const longest of this.#detached) {
      if (!this.#isOver()) return;
      longest.close('replay-evicted');
    }
    if (!this.#isOver()) return;
    for (const session of this.#sessions) session.sender.releaseWritten();
    for (let largest = this.#largest(); this.#isOver() && largest; largest = this.#largest()) {
      const before = this.#bytes;
      largest.fail(new McpSseError('over-budget', LARGEST));
      // A handler that goes on may still hold its memory. Closing more sessions would not help.
      if (this.#bytes >= before) return;
    }
  }

  #largest(): Holder | undefined {
    let largest: Holder | undefined;
    for (const session of this.#sessions)
      if (session.heldBytes > (largest?.heldBytes ?? 0)) largest = session;
    return largest;
  }
}
