// The rows of `usage()`, and the sum of those of several nodes.

/** The most rows that a node keeps and `usage()` returns. */
export const MAX_ROWS = 1_000;

/** The callers that one row counts together. Facts that the client did not give are undefined. */
export interface UsageCaller {
  /** Name and version of the client, from `initialize`. */
  readonly client: string | undefined;
  readonly version: string | undefined;
  /** The negotiated version. */
  readonly protocolVersion: string | undefined;
  readonly principal: string | undefined;
  readonly userAgent: string | undefined;
  readonly transport: 'sse' | 'streamable';
}

/** The use by one kind of client and its user since the node began. */
export interface UsageRow extends UsageCaller {
  /**
   * 16 characters of the principal's SHA-256, or the principal itself with `usage.principals:
   * 'plain'`; undefined for anonymous callers.
   */
  readonly principal: string | undefined;
  /** `'streamable'`: the handler of Streamable HTTP got its requests. */
  readonly transport: 'sse' | 'streamable';
  /** Sessions opened, requests of the client, and refusals by `sunset`. */
  readonly sessions: number;
  readonly requests: number;
  readonly refused: number;
  readonly firstSeen: Date;
  /** The time of its last message; now while one of its sessions has a stream. */
  readonly lastSeen: Date;
}

/** The result of `usage()`. */
export interface McpSseUsage {
  /** At most 1,000 rows, the most recently seen first. */
  readonly rows: readonly UsageRow[];
  /** The number of rows that were dropped: the least recently seen make room. */
  readonly forgotten: number;
  /** The start of the counts: the start of the oldest node. */
  readonly since: Date;
  /** The nodes that did not answer in time: their counts are missing. */
  readonly missing: readonly string[];
}

/** A row while it counts; times as of `Date.now()`. */
export interface CountedRow extends UsageCaller {
  sessions: number;
  requests: number;
  refused: number;
  firstSeen: number;
  lastSeen: number;
}

/** The counts of one node, as plain data. */
export interface UsageReport {
  readonly rows: readonly CountedRow[];
  readonly forgotten: number;
  readonly since: number;
}

/** The key of a caller's row. */
export function keyOf(caller: UsageCaller): string {
  const { client, version, protocolVersion, principal, userAgent, transport } = caller;
  // JSON turns `undefined` into null, which differs from every string.
  return JSON.stringify([client, version, protocolVersion, principal, userAgent, transport]);
}

/** Adds up the counts of several nodes; `missing` did not answer. */
export function usageOf(reports: readonly UsageReport[], missing: readonly string[]): McpSseUsage {
  const sums = new Map<string, CountedRow>();
  for (const row of reports.flatMap(({ rows }) => rows)) {
    const key = keyOf(row);
    const sum = sums.get(key);
    if (sum) add(sum, row);
    else sums.set(key, { ...row });
  }
  const latestFirst = [...sums.values()].sort((a, b) => b.lastSeen - a.lastSeen);
  const rows = latestFirst.slice(0, MAX_ROWS).map((row) => ({
    ...row,
    firstSeen: new Date(row.firstSeen),
    lastSeen: new Date(row.lastSeen),
  }));
  const forgotten = reports.reduce((sum, report) => sum + report.forgotten, 0);
  return {
    rows,
    forgotten: forgotten + latestFirst.length - rows.length,
    since: new Date(Math.min(...reports.map(({ since }) => since))),
    missing,
  };
}

function add(sum: CountedRow, row: CountedRow): void {
  sum.sessions += row.sessions;
  sum.requests += row.requests;
  sum.refused += row.refused;
  sum.firstSeen = Math.min(sum.firstSeen, row.firstSeen);
  sum.lastSeen = Math.max(sum.lastSeen, row.lastSeen);
}
