/**
 * `promise`, safe to leave unawaited: its rejection reaches whoever awaits it, and does not end the
 * process when nobody does.
 */
export function unawaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
