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

/** The part of their interval by which heartbeats vary, so that nodes do not fall into step. */
const JITTER = 0.2;
/** Where the interval has grown by more since the last heartbeat, the next comes at any time. */
const GROWTH = 1.2;

/** When a node beats next. */
export class Pace {
  #lastIntervalMs = SHORTEST_MS;

  /**
   * Milliseconds until the next heartbeat, of one of `nodes`. Few of them cannot ask too much of an
   * adapter; many that have begun together must not beat together.
   */
  next(nodes: number): number {
    const intervalMs = heartbeatInterval(nodes);
    const hasGrown = intervalMs > GROWTH * this.#lastIntervalMs;
    this.#lastIntervalMs = intervalMs;
    if (intervalMs <= SHORTEST_MS) return intervalMs;
    return intervalMs * (hasGrown ? Math.random() : 1 + JITTER * (Math.random() - 0.5));
  }
}
