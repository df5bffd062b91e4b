// Names that may become values of a metric's attribute.
import { MAX_CHARS } from './request-attributes.js';

/** Stands for unknown names; otherwise clients could create any number of time series. */
export const OTHER = '_OTHER';
/** The most names to learn. */
const MAX_NAMES = 1_000;

/** The names that the server itself has confirmed; clients may send any others. */
export class KnownNames {
  readonly #names: Set<string>;

  constructor(names: Iterable<string> = []) {
    this.#names = new Set(names);
  }

  /** Ignores names of over `MAX_CHARS`: clients choose the names of successful calls, too. */
  learn(name: unknown): void {
    if (typeof name !== 'string' || name.length > MAX_CHARS) return;
    if (this.#names.size < MAX_NAMES) this.#names.add(name);
  }

  /** The name itself, if it is known. */
  of(name: string): string {
    return this.#names.has(name) ? name : OTHER;
  }
}
