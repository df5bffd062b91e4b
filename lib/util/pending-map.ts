// Promises that wait for an answer, by id, each with a deadline.
import { ignoreRejection, startDeadline } from './promises.js';

/** Each waits until its own deadline. */
export class PendingMap<Result, Id = string> {
  /** Made for the first one: an empty map takes 180 bytes. */
  #entries: Map<Id, Entry<Result>> | undefined;

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  get ids(): Iterable<Id> {
    return this.#entries?.keys() ?? [];
  }

  /**
   * Returns a promise for the answer to `id`. It need not be awaited. After `timeoutMs` it rejects
   * with the error that `timedOut` returns.
   */
  wait(id: Id, timeoutMs: number, timedOut: () => Error): Promise<Result> {
    const answer = new Promise<Result>((resolve, reject) => {
      const cancel = startDeadline(timeoutMs, () => {
        this.reject(id, timedOut());
      });
      this.#entries ??= new Map();
      this.#entries.set(id, { resolve, reject, cancel });
    });
    return ignoreRejection(answer);
  }

  /** Returns whether a caller waited for `id`. */
  resolve(id: Id, result: Result): boolean {
    const entry = this.#take(id);
    entry?.resolve(result);
    return entry !== undefined;
  }

  /** Returns whether a caller waited for `id`. */
  reject(id: Id, error: Error): boolean {
    const entry = this.#take(id);
    entry?.reject(error);
    return entry !== undefined;
  }

  rejectAll(errorOf: (id: Id) => Error): void {
    for (const id of [...this.ids]) this.reject(id, errorOf(id));
  }

  #take(id: Id): Entry<Result> | undefined {
    const entry = this.#entries?.get(id);
    this.#entries?.delete(id);
    entry?.cancel();
    return entry;
  }
}

interface Entry<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
  /** Stops the deadline. */
  readonly cancel: () => void;
}
