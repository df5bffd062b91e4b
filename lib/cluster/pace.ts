// How often a node sends its heartbeat, by the number of nodes.

/** Deliveries a second that all heartbeats of a cluster together may cost the adapter. */
const DELIVERIES_PER_SECOND = 5_000;
const SHORTEST_MS = 1_000;

/**
 * Milliseconds between two heartbeats of a node. Every heartbeat goes to all `nodes`, so the
 * interval grows with the square of their number once there are more than 70 of them.
 */
export function heartbeatInterval(nodes: number): number {
  return Math.max(SHORTEST_MS, ((nodes * nodes) / DELIVERIES_PER_SECOND) * 1_000);
}

/** The part of the interval by which heartbeats vary, so that nodes do not fall into step. */
const JITTER = 0.2;
/**
 * If the interval has grown by more than this, the next heartbeat comes at a random time within it.
 */
const GROWTH = 1.2;

/** Decides when a node sends its next heartbeat. */
export class Pace {
  #lastIntervalMs = SHORTEST_MS;

  /**
   * Milliseconds until the next heartbeat, for one of `nodes`. A few nodes cannot overload an
   * adapter; many that have started together must not send together.
   */
  next(nodes: number): number {
    const intervalMs = heartbeatInterval(nodes);
    const hasGrown = intervalMs > GROWTH * this.#lastIntervalMs;
    this.#lastIntervalMs = intervalMs;
    if (intervalMs <= SHORTEST_MS) return intervalMs;
    return intervalMs * (hasGrown ? Math.random() : 1 + JITTER * (Math.random() - 0.5));
  }
}
