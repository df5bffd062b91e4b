// One bound for the queues of all links.

const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const MAX_PARTIAL_BYTES = 128 * 1024 * 1024;

/** The account that the bytes count for while they are held: that of the whole process. */
export interface ByteAccount {
  /** @throws McpSseError `over-budget` when `bytes` more would be too many */
  admit(bytes: number): void;
  /** Counts `bytes` more, or fewer if negative. */
  add(bytes: number): void;
}

export class LinkBudget {
  readonly #account: ByteAccount | undefined;
  readonly #maxQueuedBytes: number;
  /** One node that takes nothing must leave room for what goes to the others. */
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
   * Whether `bytes` more may wait for a node for which `peerBytes` wait already. A message that is
   * larger than one node's share goes alone.
   */
  hasRoom(bytes: number, peerBytes: number): boolean {
    if (this.#queuedBytes + bytes > this.#maxQueuedBytes || !this.#isAdmitted(bytes)) return false;
    return peerBytes === 0 || peerBytes + bytes <= this.#maxPeerBytes;
  }

  /** Whether a producer had better wait: half of a node's share is taken, or half of all. */
  isTight(peerBytes: number): boolean {
    return peerBytes * 2 >= this.#maxPeerBytes || this.#queuedBytes * 2 >= this.#maxQueuedBytes;
  }

  changeQueued(bytes: number): void {
    this.#queuedBytes += bytes;
    this.#account?.add(bytes);
  }

  /** Takes room for a piece of a message that is not complete yet. Whether there was any. */
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
