import type { Ack, LinkFrame } from './frame.js';

/**
 * The receiving half of a link: out of frames that are lost, repeated and reordered it takes each
 * message once and in order.
 */
export class Incoming {
  #epoch = 0;
  #cursor = 0;
  /** What the next acknowledgement says: a newer epoch of which we have seen no beginning, too. */
  #ack: Ack = { epoch: 0, cursor: 0, missing: false };

  get ack(): Ack {
    return this.#ack;
  }

  /**
   * The messages of the frame that are new and without a gap before them.
   *
   * `restarted` is called first when the peer has begun to number anew: it has given up what it
   * sent before.
   */
  take({ epoch, first, bodies }: LinkFrame, restarted: () => void): readonly string[] {
    if (bodies.length === 0 || epoch < this.#epoch) return [];
    if (epoch > this.#epoch) {
      if (first !== 1) {
        this.#ack = { epoch, cursor: 0, missing: true };
        return [];
      }
      if (this.#epoch > 0) restarted();
      this.#epoch = epoch;
      this.#cursor = 0;
    }
    const missing = first > this.#cursor + 1;
    const fresh = missing ? [] : bodies.slice(this.#cursor + 1 - first);
    this.#cursor += fresh.length;
    this.#ack = { epoch, cursor: this.#cursor, missing };
    return fresh;
  }
}
