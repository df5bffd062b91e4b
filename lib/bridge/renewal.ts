// Tries refused streams again once the upstream accepts their caller with other headers.
import { clearTimeout, setTimeout } from '../util/timers.js';
import { areSameHeaders, type HeaderRecord } from './forwarded-headers.js';
import { Pauses } from './pauses.js';

/**
 * The streams of a session, which carry the caller's last headers. A stream is not tried again with
 * headers that were refused: its turn comes when a message with other ones is accepted, since those
 * probably bring a renewed token.
 */
export class Renewal {
  readonly #retries = new Set<() => void>();
  #pauses = new Pauses();
  /** The caller's headers that the upstream refused, and those that it accepted since then. */
  #refused: HeaderRecord | undefined;
  #accepted: HeaderRecord | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Calls `retry` each time that refused streams may be tried. Returns a function to stop that. */
  register(retry: () => void): () => void {
    this.#retries.add(retry);
    return () => this.#retries.delete(retry);
  }

  /** A stream was opened. */
  opened(): void {
    this.#refused = undefined;
    this.#pauses = new Pauses();
  }

  /** A stream was refused. Returns whether it is the first since one was opened. */
  refused(caller: HeaderRecord): boolean {
    const isFirst = this.#refused === undefined;
    this.#refused = caller;
    this.#retrySoon();
    return isFirst;
  }

  /** A message was accepted. */
  accepted(caller: HeaderRecord): void {
    this.#accepted = caller;
    this.#retrySoon();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#retries.clear();
  }

  /** The pauses bound the rate where each message has other headers, such as a trace context. */
  #retrySoon(): void {
    if (this.#timer || this.#retries.size === 0) return;
    if (this.#refused === undefined || this.#accepted === undefined) return;
    if (areSameHeaders(this.#accepted, this.#refused)) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // The next retry needs another message.
      this.#accepted = undefined;
      this.#pauses.failed();
      for (const retry of this.#retries) retry();
    }, this.#pauses.leftMs).unref();
  }
}
