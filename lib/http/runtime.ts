// The parts that the routes use.
import type { Dispatcher } from '../cluster/dispatcher.js';
import type { Settings } from '../options/settings.js';
import type { ByteBudget } from '../session/byte-budget.js';
import type { SessionEvents } from '../session/events/session-events.js';
import type { Usage } from '../session/events/usage.js';
import type { LiveSession } from '../session/live-session.js';
import type { SessionObserver } from '../session/session-observer.js';
import type { Probes } from '../session/resume/probes.js';
import type { LocalHost } from '../session/local-host.js';
import type { SessionLimits } from '../session/session.js';
import type { SessionRegistry } from '../session/registry.js';
import type { Sunset } from '../session/sunset.js';
import type { Sweeper } from '../session/sweeper.js';
import type { OriginGuard } from './guard/origin-guard.js';
import type { OpenExchanges } from './streamable/open-exchanges.js';

/** The parts that the two endpoints use: one set for each `mcpSse()`. */
export interface Runtime<Data> {
  readonly settings: Settings<Data>;
  readonly guard: OriginGuard;
  readonly sessions: SessionRegistry<Data>;
  readonly budget: ByteBudget<LiveSession<Data>>;
  readonly sessionLimits: SessionLimits;
  readonly probes: Probes;
  readonly localHost: LocalHost<Data>;
  readonly dispatcher: Dispatcher<Data>;
  readonly sweeper: Sweeper;
  readonly events: SessionEvents<Data>;
  readonly usage: Usage;
  readonly openExchanges: OpenExchanges;
  readonly sunset: Sunset | undefined;
  /** Receives the events of sessions, for the registry, the budget and the hooks. */
  readonly observer: SessionObserver<LiveSession<Data>>;
}
