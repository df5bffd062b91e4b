// The pauses between attempts to connect: twice as long each time.
import { performance } from '../util/timers.js';
import { areSameHeaders, type HeaderRecord } from './forwarded-headers.js';
import { isOfCaller, type HopError } from './hop-error.js';

const FIRST_MS = 100;
const LONGEST_MS = 10_000;
/** Milliseconds after which a connection counts as good, and the pauses begin anew. */
const GOOD_MS = 10_000;
/** The most attempts in a row without a request of the client. */
const MAX_ATTEMPTS = 6;

/** Limits how often the bridge connects to a failing upstream or restarts a process. */
export class Pauses {
  #failures = 0;
  #notBefore = 0;
  #openedAt = 0;
  /** The caller that the upstream refused at the last attempt. */
  #refused: HeaderRecord | undefined;

  /** Milliseconds until the next attempt. */
  get leftMs(): number {
    return Math.max(this.#notBefore - performance.now(), 0);
  }

  /** Whether it is too early for another attempt, unless the caller has got other headers. */
  isTooEarlyFor(caller: HeaderRecord): boolean {
    const isRenewed = this.#refused !== undefined && !areSameHeaders(caller, this.#refused);
    return this.leftMs > 0 && !isRenewed;
  }

  get givenUp(): boolean {
    return this.#failures > MAX_ATTEMPTS;
  }

  opened(): void {
    this.#openedAt = performance.now();
  }

  /** An attempt with the headers of that caller failed. */
  failed(why?: HopError, caller?: HeaderRecord): void {
    this.#refused = isOfCaller(why?.status) ? caller : undefined;
    const pause = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures += 1;
    this.#notBefore = performance.now() + pause;
  }

  /** An open connection was lost. */
  lost(): void {
    if (performance.now() - this.#openedAt >= GOOD_MS) this.#failures = 0;
    this.failed();
  }
}
