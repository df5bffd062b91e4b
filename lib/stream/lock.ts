// The promise-chain lock.
/**
 * A promise-chain lock: sections run one after the other, in the order they asked.
 *
 * A section that throws or rejects passes its error to its own caller only; the chain behind it
 * goes on. The chain holds one link for each section that waits, none when idle.
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
  // The caller of `run` has the rejection; the next section must start all the same.
}
