// The latest few of many.
/** The last `limit` items that were pushed. Readers get the items since they last asked. */
export class RingBuffer<T> {
  readonly #limit: number;
  #items: T[] = [];
  #end = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of items ever pushed: pass it to `since` the next time. */
  get end(): number {
    return this.#end;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#end += 1;
    if (this.#items.length > this.#limit) this.#items.shift();
  }

  /** The items after the first `seen`, as far as they are still here. */
  since(seen: number): T[] {
    const fresh = Math.min(this.#end - seen, this.#items.length);
    return fresh > 0 ? this.#items.slice(-fresh) : [];
  }
}
