// Promises with a deadline, and promises that nobody awaits.
import * as timers from './timers.js';

/** The longest delay that a timer takes, in milliseconds; a longer one would fire at once. */
export const MAX_DELAY_MS: number = 2 ** 31 - 1;

/** The timer functions that a deadline uses. */
export type Clock = Pick<
  typeof globalThis,
  'setTimeout' | 'clearTimeout' | 'setImmediate' | 'clearImmediate'
>;

export interface DeadlineOptions {
  /** @defaultValue the timers from before any test faked them */
  readonly clock?: Clock;
  /** Whether the process stays alive for the timer. @defaultValue false */
  readonly keepsAlive?: boolean;
}

/**
 * Resolves or rejects as `work` does, or rejects with `late()` after `ms` milliseconds. `work` is
 * a promise, or a function that is called with a signal; the signal is aborted at the deadline.
 * Whatever `work` does after the deadline is ignored, a rejection included.
 */
export function withDeadline<T>(
  work: PromiseLike<T> | ((signal: AbortSignal) => T | PromiseLike<T>),
  ms: number,
  late: () => Error,
  options?: DeadlineOptions,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = new AbortController();
    const cancel = startDeadline(
      ms,
      () => {
        abort.abort();
        reject(late());
      },
      options,
    );
    // What is thrown here, by `work` or by its `then`, becomes a rejection.
    const result = new Promise<T>((settle) => {
      settle(typeof work === 'function' ? work(abort.signal) : work);
    });
    void result.then(resolve, reject).finally(cancel);
  });
}

/** Calls `expire` after `ms` milliseconds, unless the function that it returns is called first. */
export function startDeadline(
  ms: number,
  expire: () => void,
  { clock = timers, keepsAlive = false }: DeadlineOptions = {},
): () => void {
  let grace: NodeJS.Immediate | undefined;
  const timer = clock.setTimeout(
    () => {
      // [node] Timers run before sockets are read. After a long pause of the process, an answer
      // that has arrived already would lose to its deadline: read the sockets first.
      grace = clock.setImmediate(expire);
    },
    Math.min(ms, MAX_DELAY_MS),
  );
  if (!keepsAlive) timer.unref();
  return () => {
    clock.clearTimeout(timer);
    clock.clearImmediate(grace);
  };
}

/**
 * Whether `await` would wait for the value. True also where `then` cannot be read: `await` rejects
 * then, and the caller learns why.
 */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return 'then' in value && typeof value.then === 'function';
  } catch {
    return true;
  }
}

/** Returns `promise`. Its rejection no longer ends the process when no caller awaits it. */
export function ignoreRejection<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** A rejection that no caller has to await. */
export function rejected(error: Error): Promise<never> {
  return ignoreRejection(Promise.reject(error));
}

/** Takes a promise that came where a plain value was expected, and ignores how it settles. */
export function ignoreResult(value: unknown): void {
  if (isPromiseLike(value)) void ignoreRejection(settled(value));
}

/** A real promise of a foreign one, whose `then` may throw, or call back twice. */
export function settled<T>(foreign: PromiseLike<T>): Promise<T> {
  return new Promise((resolve) => resolve(foreign));
}
