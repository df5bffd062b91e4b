// Promises with a deadline, and promises that no caller awaits.
import * as timers from './timers.js';

/** The longest delay of a timer, in milliseconds. A timer with a longer one fires at once. */
export const MAX_DELAY_MS: number = 2 ** 31 - 1;

/** The timer functions that a deadline uses. */
export type Clock = Pick<
  typeof globalThis,
  'setTimeout' | 'clearTimeout' | 'setImmediate' | 'clearImmediate'
>;

export interface DeadlineOptions {
  /** @defaultValue the timers from before any test faked them */
  readonly clock?: Clock;
  /** Whether the timer keeps the process alive. @defaultValue false */
  readonly keepsAlive?: boolean;
}

/** Resolves after `ms` milliseconds. */
export function pause(
  ms: number,
  { keepsAlive = false }: Pick<DeadlineOptions, 'keepsAlive'> = {},
): Promise<void> {
  return new Promise((resolve) => {
    const timer = timers.setTimeout(resolve, ms);
    if (!keepsAlive) timer.unref();
  });
}

/**
 * Resolves or rejects as `work` does, or rejects with `late()` after `ms` milliseconds. `work` is
 * a promise, or a function that gets a signal, aborted at the deadline. The outcome of `work` after
 * the deadline is ignored, even a rejection.
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
    // A throw of `work`, or of its `then`, becomes a rejection.
    const result = new Promise<T>((settle) => {
      settle(typeof work === 'function' ? work(abort.signal) : work);
    });
    void result.then(resolve, reject).finally(cancel);
  });
}

/** As `withDeadline`, but resolves with undefined at the deadline, and if `work` fails. Never rejects. */
export function settledWithin<T>(
  work: PromiseLike<T>,
  ms: number,
  options?: DeadlineOptions,
): Promise<T | undefined> {
  return withDeadline(work, ms, () => new Error('late'), options).catch(() => undefined);
}

/** Calls `expire` after `ms` milliseconds. Returns a function that cancels that. */
export function startDeadline(
  ms: number,
  expire: () => void,
  { clock = timers, keepsAlive = false }: DeadlineOptions = {},
): () => void {
  let grace: NodeJS.Immediate | undefined;
  const timer = clock.setTimeout(
    () => {
      // [node] Timers run before sockets are read. After a long pause of the process, the deadline
      // would beat an answer that has already arrived: read the sockets first.
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
 * Whether `await` would wait for the value. Also true if `then` cannot be read: then `await`
 * rejects, and the caller learns why.
 */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return 'then' in value && typeof value.then === 'function';
  } catch {
    return true;
  }
}

/** Returns `promise`. Its rejection does not end the process if no caller awaits it. */
export function ignoreRejection<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** A rejected promise that no caller has to await. */
export function rejected(error: Error): Promise<never> {
  return ignoreRejection(Promise.reject(error));
}

/** Ignores the outcome of a promise that came in place of a plain value. */
export function ignoreResult(value: unknown): void {
  if (isPromiseLike(value)) void ignoreRejection(settled(value));
}

/** Wraps a foreign promise, whose `then` may throw or call back twice, in a real one. */
export function settled<T>(foreign: PromiseLike<T>): Promise<T> {
  return new Promise((resolve) => resolve(foreign));
}
