// The factory `mcpSse()`: puts everything together.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

import type { ErrorRequestHandler, RequestHandler, Router } from 'express';

import { Dispatcher } from './cluster/dispatcher.js';
import type { ClusterStats } from './cluster/cluster-stats.js';
import type { CallSettings } from './cluster/dispatcher-parts.js';
import { OriginGuard } from './http/guard/origin-guard.js';
import type { ExpressApp } from './http/exchange.js';
import { errorHandlerFor, requestListenerFor, routerFor } from './http/router.js';
import { Routes } from './http/routes.js';
import type { Runtime } from './http/runtime.js';
import { OpenExchanges } from './http/streamable/open-exchanges.js';
import { closeOptionsOf, type CloseOptions } from './options/close-options.js';
import type { McpSseOptions } from './options/options.js';
import { parseOptions, type Settings } from './options/settings.js';
import { checkBroadcast, type BroadcastAudience } from './session/audience.js';
import { followChanges, type Change } from './session/changes.js';
import { diagnostics } from './session/events/diagnostics.js';
import type { MessageWatcher } from './session/events/message-watcher.js';
import { SessionEvents } from './session/events/session-events.js';
import { Statistics, type SessionStats } from './session/events/statistics.js';
import { Usage } from './session/events/usage.js';
import type { McpSseUsage } from './session/events/usage-rows.js';
import { SessionRestorer } from './session/handover/session-restorer.js';
import type { LiveSession } from './session/live-session.js';
import { observerOf } from './session/session-reports.js';
import { LocalHost } from './session/local-host.js';
import { SessionRegistry } from './session/registry.js';
import { Probes } from './session/resume/probes.js';
import { ByteBudget } from './session/byte-budget.js';
import type { CloseReason, SessionLimits, Sessions } from './session/session.js';
import { Shutdown } from './session/shutdown.js';
import { Sunset } from './session/sunset.js';
import { SunsetGate } from './session/sunset-gate.js';
import { Sweeper, type SweepRules } from './session/sweeper.js';
import type { JsonRpcMessage, JsonRpcNotification } from './wire/json-rpc.js';

/** What `stats()` returns. */
export interface McpSseStats extends SessionStats {
  /** The traffic between nodes; undefined without an adapter. */
  cluster: ClusterStats | undefined;
}

/**
 * An Express router that serves `GET /sse` and `POST /message`, and knows its sessions. `notify`
 * takes the place of the router's method for the HTTP verb of that name.
 */
export interface McpSseRouter<Data = unknown> extends RequestHandler, Omit<Router, 'notify'> {
  /**
   * Serves a request of a host without Express: `node:http`, connect, Vite. Without `next`, other
   * paths get 404.
   */
  (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): void;
  /** The sessions of this node. */
  readonly sessions: Sessions<Data>;
  /**
   * Sends a message to a session on any node.
   *
   * @throws McpSseError (as a rejection) `session-not-found`, or as `Session.send`.
   */
  send(sessionId: string, message: JsonRpcMessage): Promise<void>;
  /** Sends a notification to a session on any node; rejects as `send` does. */
  notify(sessionId: string, method: string, params?: Record<string, unknown>): Promise<void>;
  /**
   * Sends a notification to every session of all nodes, to those of a `principal`, or to those
   * sessions of this node that a `filter` accepts (a function cannot travel). Encodes it once.
   * Waits for no client: the limits of a slow client's session close it.
   *
   * @returns the number of sessions of this node that it went to
   * @throws McpSseError `invalid-option` for a malformed audience or notification, and
   * `not-serializable`; then nothing is sent
   */
  broadcast(
    notification: JsonRpcNotification,
    ...audience: [audience?: BroadcastAudience<Data>]
  ): number;
  stats(): McpSseStats;
  /**
   * Who uses the server: sessions, requests and refusals by client, version, principal and user
   * agent, since the nodes began. With an adapter it asks all nodes and waits two seconds at most;
   * `missing` names the nodes that have not answered by then. Never rejects.
   *
   * @param options `local: true` returns the counts of this node alone, for a metrics endpoint on
   * each node
   */
  usage(options?: { local?: boolean }): Promise<McpSseUsage>;
  /**
   * Calls `watcher` with every message of this router's sessions, contents included. Returns a
   * function that stops it. A watcher that throws is reported to `onError`, as a hook is.
   */
  watchMessages(watcher: MessageWatcher<Data>): () => void;
  /**
   * Answers every `McpSseError`, and refusals of a body parser in front of the router, as JSON-RPC.
   * Mount it right behind the router: `app.use(mcp, mcp.errorHandler)`.
   */
  readonly errorHandler: ErrorRequestHandler;
  /**
   * A listener for `http.createServer` that serves the two endpoints itself and passes everything
   * else to the application. Requests to the endpoints bypass all Express middleware, authentication
   * included, and its cost.
   *
   * @param mount the path that the router is mounted at in `app`, if not `/`
   */
  requestListener(app: ExpressApp, mount?: string): RequestListener;
  /**
   * Shuts down: refuses new streams and requests with 503, waits for the answers to running
   * requests, those of `streamableHttp` included, then ends all streams; all within `timeoutMs`
   * (10,000 by default). Requests that still run then get the JSON-RPC error -32010. Safe to call
   * again: all calls share one shutdown. Do not await it in a hook: it waits for hooks. Rejects
   * with `invalid-option`, and does nothing, if an option is wrong.
   *
   * With an `adapter`, sessions whose clients can come back continue on other nodes, and requests
   * that arrive meanwhile wait for that. It takes up to two seconds longer then.
   */
  close(options?: CloseOptions): Promise<void>;
  /** Ends all sessions now and keeps serving; resolves when their streams have ended. */
  closeSessions(reason?: CloseReason): Promise<void>;
}

/**
 * Serves MCP over HTTP+SSE: `app.use(mcpSse({ server: () => createMcpServer() }))`.
 *
 * @throws McpSseError `invalid-option`, naming each option that is wrong.
 */
export function mcpSse<Data = unknown>(options: McpSseOptions<Data> = {}): McpSseRouter<Data> {
  const settings = parseOptions(options);
  const statistics = new Statistics();
  const runtime = assemble(settings, statistics);
  const { sessions, dispatcher, events, probes, budget, openExchanges } = runtime;
  const routes = new Routes(runtime);
  const shutdown = new Shutdown(sessions, events);
  const unfollow = follow(runtime);
  const send = async (sessionId: string, message: JsonRpcMessage): Promise<void> =>
    dispatcher.send(sessionId, message);
  return Object.assign(routerFor(routes), {
    sessions: sessions.handles,
    errorHandler: errorHandlerFor(routes),
    stats: () => ({
      ...statistics.snapshot(sessions, budget.bytes),
      cluster: dispatcher.stats(),
    }),
    usage: ({ local = false }: { local?: boolean } = {}) => dispatcher.usage(local),
    watchMessages: (watcher: MessageWatcher<Data>) => events.watch(watcher),
    requestListener: (app: ExpressApp, mount = '') =>
      requestListenerFor(routes, app, mount.replace(/\/$/, '')),
    send,
    notify: (sessionId: string, method: string, params?: Record<string, unknown>) =>
      send(sessionId, { jsonrpc: '2.0', method, ...(params && { params }) }),
    broadcast: (message: JsonRpcNotification, ...audience: [BroadcastAudience<Data>?]) =>
      dispatcher.broadcast(message, checkBroadcast(message, audience)),
    close: async (given?: CloseOptions) => {
      const { timeoutMs, handOver } = closeOptionsOf(given);
      sessions.draining = true;
      unfollow();
      probes.giveUp();
      dispatcher.endImported();
      const mover = handOver ? dispatcher.mover : undefined;
      await Promise.all([shutdown.drain(timeoutMs, mover), openExchanges.drain(timeoutMs)]);
      await dispatcher.leave();
    },
    closeSessions: (reason: CloseReason = 'server-closed') => shutdown.closeSessions(reason),
  });
}

function assemble<Data>(settings: Settings<Data>, statistics: Statistics): Runtime<Data> {
  const { limits } = settings;
  const usage = new Usage(settings.usage);
  const events = new SessionEvents<Data>(settings.hooks, limits.hookTimeoutMs, statistics, usage);
  const sunset =
    settings.sunset && new Sunset(settings.sunset, events.failed.bind(events, undefined));
  const sunsetGate = sunset && new SunsetGate<Data>(sunset, usage, events.refused.bind(events));
  const sessions = new SessionRegistry<Data>({
    ...limits,
    anonymous: settings.resume && settings.resume.anonymous,
    node: settings.adapter?.names?.make(),
  });
  const { maxTotalBytes } = limits;
  const budget = new ByteBudget<LiveSession<Data>>(maxTotalBytes, sessions, (totalBytes) => {
    diagnostics.overBudget(totalBytes, maxTotalBytes);
  });
  const probes = new Probes(sessions.node);
  const localHost = new LocalHost(sessions, probes, usage, sunsetGate);
  const observer = observerOf(budget, sessions, events, sunsetGate);
  const sweeper = new Sweeper(sessions, sweepRules(settings));
  const limitsOfSessions = sessionLimits(settings);
  const restorer = new SessionRestorer<Data>({
    settings,
    limits: { ...limitsOfSessions, hookTimeoutMs: limits.hookTimeoutMs },
    ...{ sessions, budget, events, observer, sweeper },
  });
  return {
    settings,
    events,
    usage,
    sunset,
    sessions,
    budget,
    sessionLimits: limitsOfSessions,
    probes,
    localHost,
    dispatcher: new Dispatcher({
      node: sessions.node,
      localHost,
      sessions,
      restorer,
      save: settings.resume ? settings.resume.save : undefined,
      bounded: events.bounded.bind(events),
      ...callSettings(settings),
      probes,
      adapter: settings.adapter,
      limits,
      account: budget,
      failed: events.failed.bind(events, undefined),
    }),
    guard: new OriginGuard(
      settings.security,
      settings.streamableHttp !== undefined,
      sunset ? ['Deprecation', 'Sunset', 'Link'] : [],
    ),
    openExchanges: new OpenExchanges(),
    sweeper,
    observer,
  };
}

/** Announces the application's changes to sessions. Returns a function that stops it. */
function follow<Data>({ settings, dispatcher, events }: Runtime<Data>): () => void {
  if (!settings.events) return () => undefined;
  const { bus, shared } = settings.events;
  const announce = (change: Change): void => {
    dispatcher.announce(change, shared);
  };
  try {
    return followChanges(bus, announce, events.failed.bind(events, undefined));
  } catch (error) {
    void dispatcher.leave();
    throw error;
  }
}

function callSettings<Data>({ resume }: Settings<Data>): CallSettings {
  return {
    tracksCalls: resume && resume.trackCalls,
    reruns: resume && resume.rerun === 'annotated',
  };
}

/** Without resumption a session keeps no messages, so these bounds do not matter. */
function sessionLimits<Data>({ limits, resume }: Settings<Data>): SessionLimits {
  const { maxEvents, maxBytes } = resume || { maxEvents: 0, maxBytes: 0 };
  return { ...limits, maxEvents, maxBytes };
}

function sweepRules<Data>({ keepAlive, limits, resume }: Settings<Data>): SweepRules {
  const { initializeTimeoutMs, idleTimeoutMs } = limits;
  return {
    keepAliveMs: keepAlive && keepAlive.intervalMs,
    ping: keepAlive &&
      keepAlive.ping !== false && {
        timeoutMs: keepAlive.timeoutMs,
        strict: keepAlive.ping === 'strict',
      },
    initializeTimeoutMs,
    idleTimeoutMs,
    windowMs: resume && resume.windowMs,
    closedWindowMs: resume && resume.closedWindowMs,
  };
}
