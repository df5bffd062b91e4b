// Takes what arrives from a node, without repeats and gaps.
import type { Ack, LinkPacket } from './packet.js';

/** Takes each segment once and in order from packets that may be lost, repeated or reordered. */
export class ReceiveWindow {
  #epoch = 0;
  #cursor = 0;
  #missing = false;

  /** What the next acknowledgement says. */
  get ack(): Ack {
    return { epoch: this.#epoch, cursor: this.#cursor, missing: this.#missing };
  }

  /**
   * Returns the segments that are new and follow without a gap. Calls `restarted` first if the peer
   * has restarted its numbering, and so has given up what it sent before.
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
