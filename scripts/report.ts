/** Counts what was checked, a line each; the last line has the sums. */
export class Report {
  #passed = 0;
  #failed = 0;

  /** One check, with what is wrong, or undefined. */
  add(name: string, fault: string | undefined): void {
    if (fault === undefined) this.#passed += 1;
    else this.#failed += 1;
    console.log(fault === undefined ? `ok ${name}` : `not ok ${name}: ${fault}`);
  }

  /** Prints the sums, and lets the process exit with an error if something has failed. */
  close(): void {
    if (this.#failed > 0 || this.#passed === 0) process.exitCode = 1;
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
  }
}
