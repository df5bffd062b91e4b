// One timer for the keep-alives and deadlines of all sessions.
import { McpSseError } from '../errors.js';
import { MAX_DELAY_MS } from '../util/promises.js';
import type { PingRules } from './heartbeat.js';
import type { LiveSession } from './live-session.js';
import type { SessionRegistry } from './registry.js';
import { clearInterval, performance, setInterval } from '../util/timers.js';

/** All in milliseconds; false is off. */
export interface SweepRules {
  /** Silence of a stream after which it gets a comment or a ping. */
  readonly keepAliveMs: number | false;
  /** If set, pings instead of comments. */
  readonly ping: PingRules | false;
  readonly initializeTimeoutMs: number | false;
  readonly idleTimeoutMs: number | false;
  /** Absence of its client after which a session ends. */
  readonly windowMs: number | false;
  /** The same if the client has closed its stream with a FIN; false uses `windowMs`. */
  readonly closedWindowMs: number | false;
}

/**
 * One timer for all sessions: keep-alives, and the deadlines of sessions that do not initialize,
 * are idle, or wait for their clients. It acts late by up to a quarter of the shortest time, at
 * most a second. The timer runs while there are sessions and never keeps the process alive.
 */
export class Sweeper {
  readonly #sessions: SessionRegistry;
  readonly #rules: SweepRules;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(sessions: SessionRegistry, rules: SweepRules) {
    this.#sessions = sessions;
    this.#rules = rules;
    const { keepAliveMs, initializeTimeoutMs, idleTimeoutMs, windowMs, closedWindowMs } = rules;
    const all = [keepAliveMs, initializeTimeoutMs, idleTimeoutMs, windowMs, closedWindowMs];
    const delays = all.filter((ms) => ms !== false);
    this.#everyMs = Math.min(Math.max(Math.min(...delays) / 4, 10), 1_000);
    if (delays.length === 0) this.#everyMs = MAX_DELAY_MS;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.sweep(performance.now());
    }, this.#everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Checks every session once, as of `now`. */
  sweep(now: number): void {
    for (const session of this.#sessions) this.#sweepSession(session, now);
    if (this.#sessions.size === 0) this.stop();
  }

  #sweepSession(session: LiveSession, now: number): void {
    const { keepAliveMs, ping, initializeTimeoutMs, idleTimeoutMs } = this.#rules;
    if (session.handOver?.frozen) return;
    const ages = session.ages(now);
    session.receiver.sweep(now);
    if (session.state === 'detached') {
      if (reached(ages.detached, this.#windowOf(session))) session.expire();
    } else if (!session.initialized && reached(ages.session, initializeTimeoutMs)) {
      session.fail(
        new McpSseError(
          'initialize-timeout',
          'the client did not initialize within limits.initializeTimeoutMs',
        ),
      );
    } else if (session.inFlight === 0 && reached(ages.message, idleTimeoutMs)) {
      session.close('idle-timeout');
    } else if (ping === false || session.heartbeat?.waiting) {
      // A ping may wait for its answer longer than a proxy keeps a silent stream.
      const writtenAt = session.sender.writer?.lastWriteAt ?? now;
      if (reached(now - writtenAt, keepAliveMs)) session.keepAlive();
    } else if (reached(now - session.lastPingAt, keepAliveMs)) session.ping(ping);
  }

  #windowOf({ sender }: LiveSession): number | false {
    const { windowMs, closedWindowMs } = this.#rules;
    return sender.closedByPeer && closedWindowMs !== false ? closedWindowMs : windowMs;
  }
}

function reached(age: number, deadline: number | false): boolean {
  return deadline !== false && age >= deadline;
}
