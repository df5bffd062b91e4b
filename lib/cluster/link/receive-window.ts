// What has arrived, without repeats and gaps.
import type { Ack, LinkPacket } from './packet.js';

/** Out of packets that are lost, repeated and reordered it takes each segment once and in order. */
export class ReceiveWindow {
  #epoch = 0;
  #cursor = 0;
  #missing = false;

  /** What the next acknowledgement says. */
  get ack(): Ack {
    return { epoch: this.#epoch, cursor: this.#cursor, missing: this.#missing };
  }

  /**
   * The segments of the packet that are new and without a gap before them.
   *
   * `restarted` is called first when the peer has begun to number anew: it has given up what it
   * sent before.
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
