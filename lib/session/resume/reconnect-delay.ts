// A `retry:` with jitter.
/**
 * Milliseconds for a `retry:`, half to one and a half of `meanMs`, so that the clients of a server
 * that went away do not all come back in the same moment.
 */
export function reconnectDelay(meanMs: number): number {
  return Math.round(meanMs * (0.5 + Math.random()));
}
