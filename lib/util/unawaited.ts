import { isPromiseLike } from './promises.js';

/**
 * `promise`, safe to leave unawaited: its rejection reaches whoever awaits it, and does not end the
 * process when nobody does.
 */
export function ignoreRejection<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** A rejection that need not be awaited. */
export function rejected(error: Error): Promise<never> {
  return ignoreRejection(Promise.reject(error));
}

/** Where a plain value is due and a promise came: what becomes of it is nobody's concern. */
export function ignoreResult(value: unknown): void {
  if (isPromiseLike(value)) value.then(undefined, () => undefined);
}
