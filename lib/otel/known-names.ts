// Names that may become values of a metric's attribute.
import { MAX_CHARS } from './request-attributes.js';

/** Stands for names that are not known; otherwise clients could make any number of time series. */
export const OTHER = '_OTHER';
/** Most names that are learned. */
const MAX_NAMES = 1_000;

/** The names that the server has shown to know; clients may send any others. */
export class KnownNames {
  readonly #names: Set<string>;

  constructor(names: Iterable<string> = []) {
    this.#names = new Set(names);
  }

  /** A longer name than any span has is not learned: clients choose the names that succeed, too. */
  learn(name: unknown): void {
    if (typeof name !== 'string' || name.length > MAX_CHARS) return;
    if (this.#names.size < MAX_NAMES) this.#names.add(name);
  }

  /** The name itself, if it is known. */
  of(name: string): string {
    return this.#names.has(name) ? name : OTHER;
  }
}
