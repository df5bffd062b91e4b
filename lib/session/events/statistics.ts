// The counters and gauges of `stats()`.
import type { McpSseError, McpSseErrorCode } from '../../errors.js';
import type { CloseReason } from '../session.js';

/** The part of `stats()` about sessions: gauges, and totals since the router was created. */
export interface SessionStats {
  /** Sessions now: all, those with a stream, and those that wait for their client. */
  sessions: number;
  connected: number;
  detached: number;
  /** Running requests of clients. */
  inFlight: number;
  /** Bytes of messages that wait for their clients. */
  bufferedBytes: number;
  /** Bytes that count towards `limits.maxTotalBytes`. */
  totalBytes: number;
  totals: SessionTotals;
}

/** Counters since the router was created. They only grow. */
export interface SessionTotals {
  /** Sessions opened. */
  opened: number;
  /** Sessions taken over from other nodes, and sessions handed over to them. */
  restored: number;
  handedOver: number;
  /** Lost streams whose clients may return, and streams with which a client returned. */
  detached: number;
  resumed: number;
  /** Sessions closed, by reason; an application's own reasons count as `other`. */
  closed: Record<string, number>;
  /** Requests refused, and errors reported, by code. */
  refused: Partial<Record<McpSseErrorCode, number>>;
  errors: Partial<Record<McpSseErrorCode, number>>;
  /** Messages accepted from clients, and messages accepted for their streams. */
  messagesIn: number;
  messagesOut: number;
  /** Answers and messages that came too late for their session. */
  discarded: number;
  /** Calls that got -32010 because their node had ended. */
  interrupted: number;
}

/** The members of a session that the gauges read. */
export interface MeasuredSession {
  readonly state: 'open' | 'detached' | 'closed';
  readonly inFlight: number;
  readonly bufferedBytes: number;
}

/** A closed list, so that an application's own reasons cannot grow the counters without bound. */
const REASONS: ReadonlySet<CloseReason> = new Set([
  'client-disconnected',
  'server-closed',
  'shutdown',
  'write-timeout',
  'buffer-overflow',
  'write-failed',
  'ping-timeout',
  'initialize-timeout',
  'idle-timeout',
  'replay-evicted',
  'over-budget',
  'sunset',
  'restore-failed',
]);

/** The counters behind `stats()`. */
export class Statistics {
  opened = 0;
  restored = 0;
  handedOver = 0;
  detached = 0;
  resumed = 0;
  messagesIn = 0;
  messagesOut = 0;
  discarded = 0;
  interrupted = 0;
  readonly closed: Map<string, number> = new Map();
  readonly refused: Map<McpSseErrorCode, number> = new Map();
  readonly errors: Map<McpSseErrorCode, number> = new Map();

  countClosed(reason: CloseReason): void {
    increment(this.closed, REASONS.has(reason) ? reason : 'other');
  }

  countRefused({ code }: McpSseError): void {
    increment(this.refused, code);
  }

  countError({ code }: McpSseError): void {
    increment(this.errors, code);
  }

  /** A plain copy, with the gauges of the given sessions. */
  snapshot(sessions: Iterable<MeasuredSession>, totalBytes: number): SessionStats {
    const gauges = { sessions: 0, connected: 0, detached: 0, inFlight: 0, bufferedBytes: 0 };
    for (const { state, inFlight, bufferedBytes } of sessions) {
      gauges.sessions += 1;
      if (state === 'open') gauges.connected += 1;
      else gauges.detached += 1;
      gauges.inFlight += inFlight;
      gauges.bufferedBytes += bufferedBytes;
    }
    return { ...gauges, totalBytes, totals: this.#totals() };
  }

  #totals(): SessionTotals {
    const { opened, restored, handedOver, detached, resumed } = this;
    const { messagesIn, messagesOut, discarded, interrupted } = this;
    return {
      opened,
      restored,
      handedOver,
      detached,
      resumed,
      closed: Object.fromEntries(this.closed),
      refused: Object.fromEntries(this.refused),
      errors: Object.fromEntries(this.errors),
      messagesIn,
      messagesOut,
      discarded,
      interrupted,
    };
  }
}

function increment<Key>(counters: Map<Key, number>, key: Key): void {
  counters.set(key, (counters.get(key) ?? 0) + 1);
}
