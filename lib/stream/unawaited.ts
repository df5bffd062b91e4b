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
