// Counts what the bridge does, and reports the states of upstream connections.
import { channel } from 'node:diagnostics_channel';

import type { Session } from '../index.js';
import { attempt } from '../util/foreign-error.js';
import { ignoreResult } from '../util/promises.js';
import type { HopError, HopErrorReason } from './hop-error.js';
import type { BridgeSettings, UpstreamState } from './options.js';

export interface UpstreamStats {
  /** `BridgeOptions.name`. */
  upstream: string;
  /** Sessions now, by the state of their upstream connection. */
  sessions: Record<UpstreamState['state'], number>;
  /** Processes of the command that run now, those that are ending included. */
  processes: number;
  totals: {
    /** Upstream connections opened, reconnects included. */
    opened: number;
    /** Connections opened again. */
    reconnects: number;
    /** Requests of clients that were passed on. */
    requests: number;
    /** Requests of the upstream that were passed to clients. */
    clientRequests: number;
    /** Answers without a request, and notifications without a connection. */
    dropped: number;
    /** Unanswered requests and other failures of the upstream, by reason. */
    errors: Partial<Record<HopErrorReason, number>>;
  };
}

/** Published on `mcp-sse:bridge`: the state of a session's upstream connection has changed. */
export interface BridgeEvent {
  readonly session: Session;
  readonly state: UpstreamState;
}

const changes = channel('mcp-sse:bridge');

/** The counters of one bridge, and the state of each session's upstream connection. */
export class Statistics {
  readonly reports: Map<string, SessionReport> = new Map<string, SessionReport>();
  readonly settings: BridgeSettings;
  processes = 0;
  readonly totals: UpstreamStats['totals'] = {
    opened: 0,
    reconnects: 0,
    requests: 0,
    clientRequests: 0,
    dropped: 0,
    errors: {},
  };

  constructor(settings: BridgeSettings) {
    this.settings = settings;
  }

  failed(error: HopError, session: Session): void {
    const { errors } = this.totals;
    errors[error.reason] = (errors[error.reason] ?? 0) + 1;
    const { onError } = this.settings.hooks;
    tell(() => onError?.(error, session));
  }

  snapshot(): UpstreamStats {
    const sessions = { idle: 0, connecting: 0, open: 0, reconnecting: 0, failed: 0, closed: 0 };
    for (const { state } of this.reports.values()) sessions[state.state] += 1;
    const { processes, settings } = this;
    const totals = { ...this.totals, errors: { ...this.totals.errors } };
    return { upstream: settings.name, sessions, processes, totals };
  }
}

/** Reports the events of one session's upstream connection. */
export class SessionReport {
  state: UpstreamState;
  readonly #session: Session;
  readonly #statistics: Statistics;
  /** The connection is open, but the upstream cannot be reached now. */
  #isUnreachable = false;

  constructor(session: Session, statistics: Statistics) {
    this.#session = session;
    this.#statistics = statistics;
    const { name } = statistics.settings;
    this.state = { upstream: name, state: 'idle', era: undefined, reconnects: 0, pid: undefined };
    statistics.reports.set(session.id, this);
  }

  changed(change: Partial<UpstreamState>): void {
    // `closed` is the last state.
    if (this.state.state === 'closed') return;
    if (change.state) this.#isUnreachable = false;
    const before = this.state;
    const names = Object.keys(change) as (keyof UpstreamState)[];
    if (names.every((name) => before[name] === change[name])) return;
    this.state = { ...before, ...change };
    const { session, state } = { session: this.#session, state: this.state };
    if (state.state === 'closed') this.#statistics.reports.delete(session.id);
    if (changes.hasSubscribers) changes.publish({ session, state } satisfies BridgeEvent);
    const { onUpstream } = this.#statistics.settings.hooks;
    tell(() => onUpstream?.(state, session));
  }

  /** An upstream that was connected cannot be reached now. */
  unreachable(isTriedAgain: boolean): void {
    if (this.state.state !== 'open' && !this.#isUnreachable) return;
    this.changed({ state: isTriedAgain ? 'reconnecting' : 'failed' });
    this.#isUnreachable = true;
  }

  /** The upstream has answered. */
  reached(): void {
    if (this.#isUnreachable) this.changed({ state: 'open' });
  }

  opened(pid: number | undefined, again: boolean): void {
    const { totals } = this.#statistics;
    totals.opened += 1;
    if (again) totals.reconnects += 1;
    this.changed({ state: 'open', pid, reconnects: this.state.reconnects + Number(again) });
  }

  failed(error: HopError): void {
    this.#statistics.failed(error, this.#session);
  }

  count(what: 'requests' | 'clientRequests' | 'dropped'): void {
    this.#statistics.totals[what] += 1;
  }

  /** Undefined without the hook `onStderr`. */
  get stderr(): ((line: string) => void) | undefined {
    const { onStderr } = this.#statistics.settings.hooks;
    return onStderr && ((line) => tell(() => onStderr(line, this.#session)));
  }
}

/** Hooks belong to the application: what they throw changes nothing here. */
function tell(call: () => unknown): void {
  attempt(() => {
    ignoreResult(call());
  }, undefined);
}
