import { isPromiseLike } from './promises.js';

/**
 * `promise`, safe to leave unawaited: its rejection reaches whoever awaits it, and does not end the
 * process when nobody does.
 */
export function unawaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** A rejection that need not be awaited. */
export function refused(error: Error): Promise<never> {
  return unawaited(Promise.reject(error));
}

/** Where a plain value is due and a promise came: what becomes of it is nobody's concern. */
export function discarded(value: unknown): void {
  if (isPromiseLike(value)) value.then(undefined, () => undefined);
}
