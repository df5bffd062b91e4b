import type { RequestListener } from 'node:http';

import type { ErrorRequestHandler, Router } from 'express';

import { Dispatcher, type ClusterStats } from './cluster/dispatcher.js';
import { Endpoints } from './http/routes.js';
import { Guard } from './http/guard/origin-guard.js';
import { listenerBefore, parserErrors, routerFor, type ExpressApp } from './http/router.js';
import type { Runtime } from './http/runtime.js';
import type { McpSseOptions } from './options/options.js';
import { complete, type Settings } from './options/settings.js';
import { HookRunner } from './session/events/session-events.js';
import { SessionRegistry } from './session/registry.js';
import type { LiveSession, SessionObserver } from './session/live-session.js';
import { Probes } from './session/resume/probes.js';
import { Reception } from './session/local-host.js';
import { ReplayBudget } from './session/resume/replay-budget.js';
import type { CloseReason, Session, SessionLimits } from './session/session.js';
import { Shutdown } from './session/shutdown.js';
import { Statistics, type SessionStats } from './session/events/statistics.js';
import { Upkeep, type UpkeepRules } from './session/sweeper.js';
import type { JsonRpcMessage, JsonRpcNotification } from './wire/json-rpc.js';

/** The sessions that are open: iterable, and a look-up by id. */
export interface Sessions<Data = unknown> extends Iterable<Session<Data>> {
  readonly size: number;
  get(id: string): Session<Data> | undefined;
}

/** What `stats()` tells. */
export interface McpSseStats extends SessionStats {
  /** Traffic between nodes; undefined without an engine. */
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
   * @throws McpSseError `unserialisable`.
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
  before(app: ExpressApp, mount?: string): RequestListener;
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
  const runtime = assemble(complete(options));
  const { sessions, statistics, dispatcher, probes } = runtime;
  const endpoints = new Endpoints(runtime);
  const shutdown = new Shutdown(sessions, runtime.hooks);
  return Object.assign(routerFor(endpoints), {
    sessions,
    errorHandler: parserErrors(endpoints),
    stats: () => ({ ...statistics.snapshot(sessions), cluster: dispatcher.stats() }),
    before: (app: ExpressApp, mount = '') =>
      listenerBefore(endpoints, app, mount.replace(/\/$/, '')),
    send: async (sessionId: string, message: JsonRpcMessage) =>
      dispatcher.hostOf(sessionId).send(sessionId, message),
    broadcast: (message: JsonRpcNotification, audience: BroadcastOptions<Data> = {}) =>
      dispatcher.broadcast(message, audience),
    close({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}) {
      sessions.draining = true;
      probes.giveUp();
      dispatcher.endServed();
      return shutdown.drain(timeoutMs).then(() => dispatcher.leave());
    },
    closeSessions: (reason: CloseReason = 'closed') => shutdown.closeSessions(reason),
  });
}

function assemble<Data>(settings: Settings<Data>): Runtime<Data> {
  const { limits } = settings;
  const statistics = new Statistics();
  const hooks = new HookRunner(settings.hooks, limits.hookTimeoutMs, statistics);
  const sessions = new SessionRegistry<Data>(limits);
  const probes = new Probes(sessions.node);
  const reception = new Reception(sessions, probes);
  return {
    settings,
    statistics,
    hooks,
    sessions,
    sessionLimits: sessionLimits(settings),
    probes,
    reception,
    dispatcher: new Dispatcher({
      node: sessions.node,
      reception,
      probes,
      engine: settings.engine,
      limits,
      failed: hooks.failed.bind(hooks, undefined),
    }),
    guard: new Guard(settings.security),
    upkeep: new Upkeep(sessions, upkeepRules(settings)),
    observer: observerOf(settings, sessions, hooks),
  };
}

/** What becomes of a session is told to the registry and the budget first, then to the hooks. */
function observerOf<Data>(
  { resume }: Settings<Data>,
  sessions: SessionRegistry<Data>,
  hooks: HookRunner<Data>,
): SessionObserver<Data> {
  const budget = new ReplayBudget<LiveSession<Data>>(resume ? resume.totalBytes : 0);
  return {
    received: hooks.received.bind(hooks),
    sent: hooks.sent.bind(hooks),
    discarded: hooks.discarded.bind(hooks),
    stalled: hooks.stalled.bind(hooks),
    failed: hooks.failed.bind(hooks),
    holds: budget.change.bind(budget),
    detached(session, reason) {
      budget.detached(session);
      hooks.detached(session, reason);
    },
    resumed(session) {
      budget.settled(session);
      hooks.resumed(session);
    },
    closed(session, reason) {
      budget.settled(session);
      sessions.freeSlot(session.principal);
      // One that never opened, since its client left before, is not reported as closed.
      if (sessions.remove(session)) hooks.closed(session, reason);
    },
  };
}

/** Without resumption nothing is ever kept, so the bounds of what is kept do not matter. */
function sessionLimits<Data>({ limits, resume }: Settings<Data>): SessionLimits {
  const { maxEvents, maxBytes } = resume || { maxEvents: 0, maxBytes: 0 };
  return { ...limits, maxEvents, maxBytes };
}

type UpkeepSettings = Pick<Settings<unknown>, 'keepAlive' | 'limits' | 'resume'>;

function upkeepRules({ keepAlive, limits, resume }: UpkeepSettings): UpkeepRules {
  const { initializeTimeoutMs, idleTimeoutMs } = limits;
  return {
    keepAliveMs: keepAlive && keepAlive.intervalMs,
    pingTimeoutMs: keepAlive && keepAlive.ping && keepAlive.timeoutMs,
    initializeTimeoutMs,
    idleTimeoutMs,
    windowMs: resume && resume.windowMs,
  };
}
