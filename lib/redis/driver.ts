// The operations that the adapter needs from any Redis client.

/** A Redis client of any package. */
export interface RedisDriver {
  /** Sharded pub/sub: the client is one of a Redis Cluster. */
  readonly sharded: boolean;
  /**
   * Whether commands can be sent now, soon (the client is connecting), or only after the
   * application acts.
   */
  readiness(): 'ready' | 'opening' | 'closed';
  /**
   * PUBLISH or SPUBLISH over the application's client; the reply counts the receivers.
   *
   * @param signal aborts when the caller stops waiting; the client must then drop a command that it
   * has not sent yet, if it can
   */
  publish(channel: string, frame: string, signal: AbortSignal): Promise<unknown>;
  /**
   * As `publish`, for an echo of this node, which may come late: a cluster client follows its
   * redirections, and so learns where a channel has moved.
   */
  probe(channel: string, echo: string, signal: AbortSignal): Promise<unknown>;
  /**
   * The role of the server, by HELLO: `master`, `replica`, or undefined if it does not say. Missing
   * for a cluster, whose clients know the masters.
   */
  readonly role?: (signal: AbortSignal) => Promise<string | undefined>;
  /** A connection of our own, not opened yet, to the server that serves `channel`. */
  subscriber(channel: string): Promise<Subscriber>;
}

/** A connection that listens. It does not reconnect: a new one takes its place. */
export interface Subscriber {
  /**
   * Connects and subscribes.
   *
   * @param onLost called, possibly more than once, when the connection has ended or no longer works
   */
  open(channels: string[], onFrame: (frame: string) => void, onLost: () => void): Promise<void>;
  /** Unsubscribes; the server no longer counts this node as a receiver. */
  unsubscribe(channels: string[]): Promise<unknown>;
  /** Ends the connection at once, in whatever state it is. Safe to call again. */
  destroy(): void;
}

/**
 * The role in an answer to HELLO, as a map or as a list of names and values.
 * [spec] redis.io, HELLO
 */
export function roleOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const list: readonly unknown[] = Array.isArray(answer) ? answer : Object.entries(answer).flat();
  const role = list[list.indexOf('role') + 1];
  return typeof role === 'string' ? role : undefined;
}
