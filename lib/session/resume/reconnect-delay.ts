// The delay in a `retry:`, with jitter.
import { MAX_DELAY_MS } from '../../util/promises.js';

/**
 * Milliseconds, at random between half and one and a half of `meanMs`, so that the clients of a
 * restarted server do not all come back at the same moment. At most what a client's timer can wait:
 * with more it would come back at once.
 */
export function reconnectDelay(meanMs: number): number {
  return Math.min(Math.round(meanMs * (0.5 + Math.random())), MAX_DELAY_MS);
}
