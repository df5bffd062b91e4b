// How often nodes say that they are there, by their number.

/** What all heartbeats together may cost the adapter: deliveries a second in the whole cluster. */
const DELIVERIES_PER_SECOND = 5_000;
const SHORTEST_MS = 1_000;

/**
 * Milliseconds between two heartbeats of a node. Each of `nodes` is told of each heartbeat, so that
 * the interval grows with the square of their number once there are more than 70 of them.
 */
export function heartbeatInterval(nodes: number): number {
  return Math.max(SHORTEST_MS, ((nodes * nodes) / DELIVERIES_PER_SECOND) * 1_000);
}
