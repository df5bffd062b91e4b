/** Prints each check of a program as soon as it is decided, and the sums at the end. */
export class Report {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  /** One check, with what is wrong with it, if anything is. */
  add(name: string, faults: string | readonly string[] | undefined, note = ''): void {
    const [first, ...others] = typeof faults === 'string' ? [faults] : (faults ?? []);
    const behind = note === '' ? '' : ` (${note})`;
    if (first === undefined) {
      this.#passed += 1;
      console.log(`ok ${name}${behind}`);
      return;
    }
    this.#failed += 1;
    console.log(`not ok ${name}${behind}: ${first}`);
    for (const fault of others.slice(0, MOST_FAULTS)) console.log(`   ${fault}`);
    if (others.length > MOST_FAULTS) console.log(`   and ${others.length - MOST_FAULTS} more`);
  }

  /** A check that passes when `work` resolves; a text that it resolves with is printed behind. */
  async check(name: string, work: Promise<string | undefined | void>): Promise<void> {
    await work.then(
      (note) => this.add(name, undefined, note ?? ''),
      (error: unknown) => this.add(name, String(error)),
    );
  }

  /** A check that passes when `work` rejects: something is broken on purpose. */
  async checkFails(name: string, work: Promise<unknown>): Promise<void> {
    await work.then(
      () => this.add(name, 'it was not noticed'),
      (error: unknown) => this.add(name, undefined, String(error).split('\n')[0]?.slice(0, 100)),
    );
  }

  /** A check that cannot be made here. */
  skip(name: string, reason: string): void {
    this.#skipped += 1;
    console.log(`skipped ${name}: ${reason}`);
  }

  /** Prints the sums, and lets the process exit with an error unless something has passed. */
  close(): void {
    const nothing = this.#passed + this.#skipped === 0;
    if (this.#failed > 0 || nothing) process.exitCode = 1;
    const skipped = this.#skipped > 0 ? `, ${this.#skipped} skipped` : '';
    console.log(`${this.#passed} passed, ${this.#failed} failed${skipped}`);
  }
}

/** How many faults of one check are printed besides the first. */
const MOST_FAULTS = 7;
