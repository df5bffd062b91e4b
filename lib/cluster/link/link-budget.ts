// One bound for the queues of all links.

const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const MAX_PARTIAL_BYTES = 128 * 1024 * 1024;

/** Counts the bytes, while they are held, in the budget of the whole process. */
export interface ByteAccount {
  /** @throws McpSseError `over-budget` when `bytes` more would be too many */
  admit(bytes: number): void;
  /** Counts `bytes` more, or fewer if negative. */
  add(bytes: number): void;
}

export class LinkBudget {
  readonly #account: ByteAccount | undefined;
  readonly #maxQueuedBytes: number;
  /** A node that accepts nothing must leave room for traffic to the others. */
  readonly #maxPeerBytes: number;
  #queuedBytes = 0;
  #partialBytes = 0;

  /**
   * @param maxQueuedBytes for all nodes together; one node gets a quarter of it
   * @param account counts what is queued, and what has arrived in part
   */
  constructor(maxQueuedBytes: number = MAX_QUEUED_BYTES, account?: ByteAccount) {
    this.#account = account;
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#maxPeerBytes = maxQueuedBytes / 4;
  }

  /** Bytes that wait for other nodes, or for their acknowledgement. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /**
   * Whether `bytes` more may wait for a node that has `peerBytes` waiting already. A message larger
   * than one node's share may wait only if nothing else waits for that node.
   */
  hasRoom(bytes: number, peerBytes: number): boolean {
    if (this.#queuedBytes + bytes > this.#maxQueuedBytes || !this.#isAdmitted(bytes)) return false;
    return peerBytes === 0 || peerBytes + bytes <= this.#maxPeerBytes;
  }

  /** Whether producers should wait: half of the node's share, or half of the total, is taken. */
  isTight(peerBytes: number): boolean {
    return peerBytes * 2 >= this.#maxPeerBytes || this.#queuedBytes * 2 >= this.#maxQueuedBytes;
  }

  changeQueued(bytes: number): void {
    this.#queuedBytes += bytes;
    this.#account?.add(bytes);
  }

  /** Reserves room for a piece of an incomplete message. Returns false if there is none. */
  takePartial(bytes: number): boolean {
    if (this.#partialBytes + bytes > MAX_PARTIAL_BYTES || !this.#isAdmitted(bytes)) return false;
    this.#partialBytes += bytes;
    this.#account?.add(bytes);
    return true;
  }

  releasePartial(bytes: number): void {
    this.#partialBytes -= bytes;
    this.#account?.add(-bytes);
  }

  #isAdmitted(bytes: number): boolean {
    try {
      this.#account?.admit(bytes);
      return true;
    } catch {
      return false;
    }
  }
}
