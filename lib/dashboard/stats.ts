// The figures of `stats()` that the page shows.
import type { McpSseStats, MessageWatcher, Session } from '../index.js';

/** What a dashboard needs of a router. */
export interface Source {
  readonly sessions: Iterable<Session> & { get(id: string): Session | undefined };
  stats(): McpSseStats;
  watchMessages(watcher: MessageWatcher): () => void;
}

/** The figures that a page shows: gauges of now, counters since the router was created. */
export interface Overview {
  readonly sessions: number;
  readonly connected: number;
  readonly detached: number;
  readonly inFlight: number;
  /** Bytes that wait for readers, and all that count towards `limits.maxTotalBytes`. */
  readonly bufferedBytes: number;
  readonly totalBytes: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly opened: number;
  /** Sessions that came from other nodes, and that went to them. */
  readonly restored: number;
  readonly handedOver: number;
  readonly closed: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  /** This node, and how many there are; undefined without an adapter. */
  readonly node: { name: string; up: boolean; nodes: number } | undefined;
}

/** One second: messages in that time, and the bytes that waited at its end. */
export interface Sample {
  readonly in: number;
  readonly out: number;
  readonly buffered: number;
}

/** The figures of a router. Nothing else of the dashboard reads `stats()`. */
export function overviewOf(source: Source): Overview {
  const { totals, cluster, ...gauges } = source.stats();
  const { messagesIn, messagesOut, opened, restored, handedOver, closed, refused, errors } = totals;
  return {
    ...gauges,
    messagesIn,
    messagesOut,
    opened,
    restored,
    handedOver,
    closed,
    refused,
    errors,
    node: cluster && { name: cluster.node, up: cluster.up, nodes: cluster.nodes },
  };
}

/** The difference between two samples, per second. */
export function sampleBetween(before: Overview, after: Overview, seconds: number): Sample {
  return {
    in: (after.messagesIn - before.messagesIn) / seconds,
    out: (after.messagesOut - before.messagesOut) / seconds,
    buffered: after.bufferedBytes,
  };
}
