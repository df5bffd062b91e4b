// The delay in a `retry:`, with jitter.
import { MAX_DELAY_MS } from '../../util/promises.js';

/**
 * Random milliseconds between half and one and a half of `meanMs`: the clients of a restarted
 * server must not all come back at once. At most the longest time of a client's timer, which would
 * fire at once with more.
 */
export function reconnectDelay(meanMs: number): number {
  return Math.min(Math.round(meanMs * (0.5 + Math.random())), MAX_DELAY_MS);
}
