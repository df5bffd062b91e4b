// The promise-chain lock.
/**
 * Runs sections one after the other, in the order in which they asked.
 *
 * An error of a section goes to its own caller only; the sections behind it still run. The chain
 * has one link for each waiting section, and none when idle.
 */
export class Lock {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `section` once every section before it has settled. */
  run<T>(section: () => T | Promise<T>): Promise<T> {
    const turn = this.#tail.then(section);
    this.#tail = turn.catch(ignore);
    return turn;
  }
}

function ignore(): void {
  // The caller of `run` gets the rejection; the next section must start all the same.
}
