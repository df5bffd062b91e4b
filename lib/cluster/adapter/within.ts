// A deadline for what an adapter waits for.
import { withDeadline } from '../../util/promises.js';

/**
 * What `start` returns, or a rejection after `ms`. The signal is aborted then, and what comes
 * later is ignored.
 */
export function within<T>(
  ms: number,
  what: string,
  start: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = (): Error => new Error(`${what} took longer than ${String(Math.round(ms))} ms.`);
  return withDeadline(start, ms, late);
}
