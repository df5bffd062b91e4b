// Takes the segments of a node without repeats and gaps.
import type { Ack, LinkPacket } from './packet.js';

/** Takes each segment once and in order from packets that may be lost, repeated or reordered. */
export class ReceiveWindow {
  #epoch = 0;
  #cursor = 0;
  #missing = false;

  /** The next acknowledgement. */
  get ack(): Ack {
    return { epoch: this.#epoch, cursor: this.#cursor, missing: this.#missing };
  }

  /**
   * Returns the segments that are new and follow without a gap. Calls `restarted` first if the peer
   * has restarted its numbering, which gives up its earlier messages.
   */
  take({ epoch, first, bodies }: LinkPacket, restarted: () => void): readonly string[] {
    if (bodies.length === 0 || epoch < this.#epoch) return [];
    if (epoch > this.#epoch) {
      if (this.#epoch > 0) restarted();
      this.#epoch = epoch;
      this.#cursor = 0;
    }
    this.#missing = first > this.#cursor + 1;
    const fresh = this.#missing ? [] : bodies.slice(this.#cursor + 1 - first);
    this.#cursor += fresh.length;
    return fresh;
  }
}
