/** How long to wait for what should have come by now. */
export const patienceMs = 30_000;

/**
 * The first thing that went wrong with one server. What waits for that server waits through
 * `within`, and so fails with it.
 */
export class Verdict {
  #failure: Error | undefined;
  readonly #waiting = new Set<(failure: Error) => void>();

  constructor(readonly subject: string) {}

  fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    const text = reason instanceof Error ? reason.message : String(reason);
    this.#failure = new Error(`${this.subject}: ${text}`, { cause: reason });
    for (const reject of this.#waiting) reject(this.#failure);
    this.#waiting.clear();
  }

  /** Resolves with `promise`; rejects with the first failure, or after `ms` naming `what`. */
  within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const timer = setTimeout(() => this.fail(`${what}: not done after ${ms} ms`), ms);
      this.#waiting.add(reject);
      const settled = () => {
        clearTimeout(timer);
        this.#waiting.delete(reject);
      };
      promise.then(resolve, reject).finally(settled);
    });
  }
}
