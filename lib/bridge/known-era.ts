// Remembers the protocol of an upstream from its last session.
import { performance } from '../util/timers.js';

/** Milliseconds after which the bridge detects the protocol anew: an update may change it. */
const KEPT_MS = 300_000;

/** Spares each session the detection. */
export class KnownEra {
  #era: 'legacy' | 'modern' | undefined;
  #until = 0;

  get isModern(): boolean {
    return this.#is('modern');
  }

  /** Whether the upstream serves earlier protocols without sessions and not the modern one. */
  get isLegacy(): boolean {
    return this.#is('legacy');
  }

  learnModern(): void {
    this.#learn('modern');
  }

  learnLegacy(): void {
    this.#learn('legacy');
  }

  forget(): void {
    this.#era = undefined;
  }

  #is(era: 'legacy' | 'modern'): boolean {
    return this.#era === era && performance.now() < this.#until;
  }

  #learn(era: 'legacy' | 'modern'): void {
    this.#era = era;
    this.#until = performance.now() + KEPT_MS;
  }
}
