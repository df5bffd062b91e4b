// The pauses between attempts to connect: twice as long each time.
import { performance } from '../util/timers.js';

const FIRST_MS = 100;
const LONGEST_MS = 10_000;
/** Milliseconds after which a connection counts as good, and the pauses begin anew. */
const GOOD_MS = 10_000;
/** Attempts in a row that are made without being asked for. */
const MAX_ATTEMPTS = 6;

/** Limits how fast an upstream that fails is asked again, or a process started. */
export class Pauses {
  #failures = 0;
  #notBefore = 0;
  #openedAt = 0;

  /** Milliseconds until the next attempt. */
  get leftMs(): number {
    return Math.max(this.#notBefore - performance.now(), 0);
  }

  get givenUp(): boolean {
    return this.#failures > MAX_ATTEMPTS;
  }

  opened(): void {
    this.#openedAt = performance.now();
  }

  failed(): void {
    const pause = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures += 1;
    this.#notBefore = performance.now() + pause;
  }

  /** A connection that there was is gone. */
  lost(): void {
    if (performance.now() - this.#openedAt >= GOOD_MS) this.#failures = 0;
    this.failed();
  }
}
