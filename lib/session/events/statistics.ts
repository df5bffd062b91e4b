import type { McpSseError, McpSseErrorCode } from '../../errors.js';
import { diagnostics } from './diagnostics.js';
import type { CloseReason } from '../session.js';

/** What `stats()` tells: gauges of now, counters since the middleware was created. */
export interface SessionStats {
  /** Sessions now. */
  sessions: number;
  /** Requests of clients that are running now. */
  inFlight: number;
  /** Bytes of messages that wait for their readers now. */
  bufferedBytes: number;
  /** Sessions ever opened, and ever closed by reason; an application's own reasons are `other`. */
  opened: number;
  closed: Record<string, number>;
  /** How often a stream was lost whose client may come back, and how often one came back. */
  detached: number;
  resumed: number;
  /** Messages taken from clients, and handed to streams. */
  messagesIn: number;
  messagesOut: number;
  /** Answers and messages that came too late for their session. */
  discarded: number;
  /** Requests refused and errors reported, by code. */
  refused: Partial<Record<McpSseErrorCode, number>>;
  errors: Partial<Record<McpSseErrorCode, number>>;
}

/** Named so that an application's own reasons cannot grow the counters without bound. */
const REASONS: ReadonlySet<CloseReason> = new Set([
  'client-disconnected',
  'closed',
  'shutdown',
  'write-timeout',
  'buffer-overflow',
  'write-failed',
  'ping-timeout',
  'initialize-timeout',
  'idle-timeout',
  'replay-evicted',
]);

/** The counters behind `stats()`. */
export class Statistics {
  opened = 0;
  detached = 0;
  resumed = 0;
  messagesIn = 0;
  messagesOut = 0;
  discarded = 0;
  readonly closed: Map<string, number> = new Map();
  readonly refused: Map<McpSseErrorCode, number> = new Map();
  readonly errors: Map<McpSseErrorCode, number> = new Map();

  countClosed(reason: CloseReason): void {
    increment(this.closed, REASONS.has(reason) ? reason : 'other');
  }

  countRefused(error: McpSseError): void {
    increment(this.refused, error.code);
    diagnostics.refused(error);
  }

  countError({ code }: McpSseError): void {
    increment(this.errors, code);
  }

  /** A plain copy, with the gauges of the given sessions. */
  snapshot(
    sessions: Iterable<{ readonly inFlight: number; readonly bufferedBytes: number }>,
  ): SessionStats {
    const gauges = { sessions: 0, inFlight: 0, bufferedBytes: 0 };
    for (const { inFlight, bufferedBytes } of sessions) {
      gauges.sessions += 1;
      gauges.inFlight += inFlight;
      gauges.bufferedBytes += bufferedBytes;
    }
    const { opened, detached, resumed, messagesIn, messagesOut, discarded } = this;
    return {
      ...gauges,
      opened,
      detached,
      resumed,
      closed: Object.fromEntries(this.closed),
      messagesIn,
      messagesOut,
      discarded,
      refused: Object.fromEntries(this.refused),
      errors: Object.fromEntries(this.errors),
    };
  }
}

function increment<Key>(counters: Map<Key, number>, key: Key): void {
  counters.set(key, (counters.get(key) ?? 0) + 1);
}
