/** What the budget asks of a session. */
export interface BudgetHolder {
  readonly sender: { releaseWritten(): void };
  close(reason: 'replay-evicted'): void;
}

/**
 * The bytes that all sessions together keep for clients that may come back. When they are too
 * many, the session that has been detached the longest goes first; while none is, those that are
 * attached let go of what is written.
 */
export class ReplayBudget<Holder extends BudgetHolder> {
  readonly #totalBytes: number;
  /** In the order of their detachment. */
  readonly #detached = new Set<Holder>();
  #bytes = 0;

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
  }

  /** Bytes kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Its client has left: from now on it is the next to go, behind those who left before. */
  detached(holder: Holder): void {
    this.#detached.add(holder);
  }

  /** Its client is back, or it has closed. */
  attachedOrClosed(holder: Holder): void {
    this.#detached.delete(holder);
  }

  /** A session keeps so many bytes more, or less. */
  change(holder: Holder, bytes: number): void {
    this.#bytes += bytes;
    if (bytes <= 0) return;
    for (const longest of this.#detached) {
      if (this.#bytes <= this.#totalBytes) return;
      longest.close('replay-evicted');
    }
    if (this.#bytes > this.#totalBytes) holder.sender.releaseWritten();
  }
}
