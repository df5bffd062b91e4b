import type { RequestListener } from 'node:http';

import type { ErrorRequestHandler, Router } from 'express';

import { Dispatcher, type ClusterStats } from './cluster/dispatcher.js';
import { Routes } from './http/routes.js';
import { OriginGuard } from './http/guard/origin-guard.js';
import { requestListenerFor, errorHandlerFor, routerFor, type ExpressApp } from './http/router.js';
import type { Runtime } from './http/runtime.js';
import type { McpSseOptions } from './options/options.js';
import { parseOptions, type Settings } from './options/settings.js';
import { SessionEvents } from './session/events/session-events.js';
import { SessionRegistry } from './session/registry.js';
import type { LiveSession, SessionObserver } from './session/live-session.js';
import { Probes } from './session/resume/probes.js';
import { LocalHost } from './session/local-host.js';
import { ReplayBudget } from './session/resume/replay-budget.js';
import type { CloseReason, Session, SessionLimits } from './session/session.js';
import { Shutdown } from './session/shutdown.js';
import { Statistics, type SessionStats } from './session/events/statistics.js';
import { Sweeper, type SweepRules } from './session/sweeper.js';
import type { JsonRpcMessage, JsonRpcNotification } from './wire/json-rpc.js';

/** The sessions that are open: iterable, and a look-up by id. */
export interface Sessions<Data = unknown> extends Iterable<Session<Data>> {
  readonly size: number;
  get(id: string): Session<Data> | undefined;
}

/** What `stats()` tells. */
export interface McpSseStats extends SessionStats {
  /** Traffic between nodes; undefined without an adapter. */
  cluster: ClusterStats | undefined;
}

/** Whom a broadcast is for; everyone unless told. */
export interface BroadcastOptions<Data = unknown> {
  /** Sessions of this principal, on all nodes. */
  principal?: string | undefined;
  /** Sessions that the function picks, on this node. */
  filter?: ((session: Session<Data>) => boolean) | undefined;
}

/** An Express router that serves `GET /sse` and `POST /message`, and knows its sessions. */
export interface McpSseRouter<Data = unknown> extends Router {
  readonly sessions: Sessions<Data>;
  /**
   * Sends a message to a session, also to one of another node.
   *
   * @throws McpSseError (as a rejection) `session-not-found`, or as `Session.send`.
   */
  send(sessionId: string, message: JsonRpcMessage): Promise<void>;
  /**
   * Sends a notification to every session, or to some of them, encoded once. No session is waited
   * for: one whose reader is too slow is closed by its bounds. It goes to the sessions of all
   * nodes, unless there is a `filter`: a function cannot travel. Returns to how many of this node
   * it went.
   *
   * @throws McpSseError `not-serializable`.
   */
  broadcast(message: JsonRpcNotification, options?: BroadcastOptions<Data>): number;
  stats(): McpSseStats;
  /**
   * Mount it right behind the router (`app.use(mcp, mcp.errorHandler)`) when a body parser of the
   * application stands in front: what that refuses is then answered as JSON-RPC, like the rest.
   */
  readonly errorHandler: ErrorRequestHandler;
  /**
   * A listener for `http.createServer` that serves the two endpoints itself and hands everything
   * else to the application. Express costs more than a message does; what passes here does not
   * pay it, and does not meet the application's middleware either, authentication included.
   *
   * @param mount the path that the router is mounted at in `app`, if not `/`
   */
  requestListener(app: ExpressApp, mount?: string): RequestListener;
  /**
   * Shuts down: refuses new streams and requests with 503, lets the requests in flight finish and
   * their answers go out for `timeoutMs` (10,000 unless told), then ends all streams. Safe to
   * call again: all calls share one shutdown. Await it before `server.close()` finishes, not in a
   * hook, which it waits for.
   */
  close(options?: { timeoutMs?: number }): Promise<void>;
  /** Ends all sessions now and keeps serving; resolves when their streams have ended. */
  closeSessions(reason?: CloseReason): Promise<void>;
}

/**
 * Serves MCP over HTTP+SSE: `app.use(mcpSse({ server: () => createMcpServer() }))`.
 *
 * @throws McpSseError `invalid-option`, naming each option that is wrong.
 */
export function mcpSse<Data = unknown>(options: McpSseOptions<Data> = {}): McpSseRouter<Data> {
  const runtime = assemble(parseOptions(options));
  const { sessions, statistics, dispatcher, probes } = runtime;
  const routes = new Routes(runtime);
  const shutdown = new Shutdown(sessions, runtime.events);
  return Object.assign(routerFor(routes), {
    sessions,
    errorHandler: errorHandlerFor(routes),
    stats: () => ({ ...statistics.snapshot(sessions), cluster: dispatcher.stats() }),
    requestListener: (app: ExpressApp, mount = '') =>
      requestListenerFor(routes, app, mount.replace(/\/$/, '')),
    send: async (sessionId: string, message: JsonRpcMessage) =>
      dispatcher.hostOf(sessionId).send(sessionId, message),
    broadcast: (message: JsonRpcNotification, audience: BroadcastOptions<Data> = {}) =>
      dispatcher.broadcast(message, audience),
    close({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}) {
      sessions.draining = true;
      probes.giveUp();
      dispatcher.endImported();
      return shutdown.drain(timeoutMs).then(() => dispatcher.leave());
    },
    closeSessions: (reason: CloseReason = 'closed') => shutdown.closeSessions(reason),
  });
}

function assemble<Data>(settings: Settings<Data>): Runtime<Data> {
  const { limits } = settings;
  const statistics = new Statistics();
  const events = new SessionEvents(settings.hooks, limits.hookTimeoutMs, statistics);
  const sessions = new SessionRegistry<Data>(limits);
  const probes = new Probes(sessions.node);
  const localHost = new LocalHost(sessions, probes);
  return {
    settings,
    statistics,
    events,
    sessions,
    sessionLimits: sessionLimits(settings),
    probes,
    localHost,
    dispatcher: new Dispatcher({
      node: sessions.node,
      localHost,
      probes,
      adapter: settings.adapter,
      limits,
      failed: events.failed.bind(events, undefined),
    }),
    guard: new OriginGuard(settings.security),
    sweeper: new Sweeper(sessions, sweepRules(settings)),
    observer: observerOf(settings, sessions, events),
  };
}

/** What becomes of a session is told to the registry and the budget first, then to the hooks. */
function observerOf<Data>(
  { limits, resume }: Settings<Data>,
  sessions: SessionRegistry<Data>,
  events: SessionEvents<Data>,
): SessionObserver<Data> {
  const budget = new ReplayBudget<LiveSession<Data>>(resume ? limits.maxTotalBytes : 0);
  return {
    received: events.received.bind(events),
    sent: events.sent.bind(events),
    discarded: events.discarded.bind(events),
    stalled: events.stalled.bind(events),
    failed: events.failed.bind(events),
    retainedBytesChanged: budget.change.bind(budget),
    detached(session, reason) {
      budget.detached(session);
      events.detached(session, reason);
    },
    resumed(session) {
      budget.attachedOrClosed(session);
      events.resumed(session);
    },
    closed(session, reason) {
      budget.attachedOrClosed(session);
      sessions.freeSlot(session.principal);
      // One that never opened, since its client left before, is not reported as closed.
      if (sessions.remove(session)) events.closed(session, reason);
    },
  };
}

/** Without resumption nothing is ever kept, so the bounds of what is kept do not matter. */
function sessionLimits<Data>({ limits, resume }: Settings<Data>): SessionLimits {
  const { maxEvents, maxBytes } = resume || { maxEvents: 0, maxBytes: 0 };
  return { ...limits, maxEvents, maxBytes };
}

type SweepSettings = Pick<Settings<unknown>, 'keepAlive' | 'limits' | 'resume'>;

function sweepRules({ keepAlive, limits, resume }: SweepSettings): SweepRules {
  const { initializeTimeoutMs, idleTimeoutMs } = limits;
  return {
    keepAliveMs: keepAlive && keepAlive.intervalMs,
    pingTimeoutMs: keepAlive && keepAlive.ping && keepAlive.timeoutMs,
    initializeTimeoutMs,
    idleTimeoutMs,
    windowMs: resume && resume.windowMs,
  };
}
