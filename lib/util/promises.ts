import type { McpSseError } from '../errors.js';
import { clearTimeout, setTimeout } from './timers.js';

/** The longest delay that a timer takes; a longer one would fire at once. */
export const MAX_DELAY_MS: number = 2 ** 31 - 1;

/**
 * `work`, or a rejection with `late()` once `ms` have passed. What `work` does afterwards is
 * nobody's concern any more: a late rejection is swallowed.
 */
export async function withDeadline<T>(
  work: PromiseLike<T>,
  ms: number,
  late: () => McpSseError,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        reject(late());
      },
      Math.min(ms, MAX_DELAY_MS),
    );
    timer.unref();
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
