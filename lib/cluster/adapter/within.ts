// A deadline for the waits of an adapter.
import { withDeadline } from '../../util/promises.js';

/**
 * Settles as `start` does, or rejects after `ms`. At that moment the signal is aborted, and a later
 * result is ignored.
 */
export function within<T>(
  ms: number,
  what: string,
  start: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = (): Error => new Error(`${what} took longer than ${String(Math.round(ms))} ms.`);
  return withDeadline(start, ms, late);
}
