import type { Verdict } from './verdict.js';

/** Counts what is to come, and fails on one too many. */
export class Tally {
  #left = 0;
  #done: (() => void) | undefined;

  constructor(private readonly verdict: Verdict) {}

  /** Resolves once `count` have come. */
  expect(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#left += count;
      this.#done = resolve;
    });
  }

  get left(): number {
    return this.#left;
  }

  one(): void {
    this.#left -= 1;
    if (this.#left < 0) this.verdict.fail('more events than were sent');
    if (this.#left === 0) this.#done?.();
  }
}
