// The delay in a `retry:`, with jitter.
/**
 * Milliseconds, at random between half and one and a half of `meanMs`, so that the clients of a
 * restarted server do not all come back at the same moment.
 */
export function reconnectDelay(meanMs: number): number {
  return Math.round(meanMs * (0.5 + Math.random()));
}
