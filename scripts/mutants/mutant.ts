/** One fault put into the sources, and the specs that must notice it. */
export interface Mutant {
  /** What is wrong with it, in the words of a reviewer. */
  readonly name: string;
  /** Below `lib/`. */
  readonly file: string;
  /** Text that stands exactly once in the file, so that a mutant cannot rot unnoticed. */
  readonly find: string;
  readonly replace: string;
  /** Below `spec/`. */
  readonly specs: readonly string[];
}
