// Who uses the server, as the page shows it.
import type { McpSseUsage, UsageRow } from '../index.js';
import { excerptOf } from './excerpt.js';

/** Milliseconds that all pages share an answer: with several nodes it costs a request to each. */
const FRESH_MS = 5_000;

/** A row of `usage()` as the page shows it. Times are on the clock of `Date.now()`. */
export interface UsageEntry {
  readonly client: string;
  readonly version: string;
  readonly protocol: string;
  readonly principal: string;
  readonly userAgent: string;
  readonly transport: string;
  readonly sessions: number;
  readonly requests: number;
  readonly refused: number;
  readonly first: number;
  readonly last: number;
}

/** What the page shows of `usage()`. */
export interface UsageState {
  readonly now: number;
  readonly rows: readonly UsageEntry[];
  readonly forgotten: number;
  /** Nodes that have not answered. */
  readonly missing: number;
}

/** Asks once for all pages that ask within five seconds. */
export class UsageView {
  readonly #usage: () => Promise<McpSseUsage>;
  #asked: Promise<UsageState> | undefined;
  #askedAt = -Infinity;

  constructor(usage: () => Promise<McpSseUsage>) {
    this.#usage = usage;
  }

  state(): Promise<UsageState> {
    const now = performance.now();
    if (!this.#asked || now - this.#askedAt >= FRESH_MS) {
      this.#askedAt = now;
      this.#asked = this.#usage().then(stateOf);
    }
    return this.#asked;
  }
}

function stateOf({ rows, forgotten, missing }: McpSseUsage): UsageState {
  return { now: Date.now(), rows: rows.map(entryOf), forgotten, missing: missing.length };
}

function entryOf(row: UsageRow): UsageEntry {
  const { transport, sessions, requests, refused, firstSeen, lastSeen } = row;
  return {
    client: excerptOf(row.client),
    version: excerptOf(row.version),
    protocol: excerptOf(row.protocolVersion),
    principal: excerptOf(row.principal),
    userAgent: excerptOf(row.userAgent),
    ...{ transport, sessions, requests, refused },
    first: firstSeen.getTime(),
    last: lastSeen.getTime(),
  };
}
