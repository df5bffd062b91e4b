// The options, documented.
import type { Request, RequestHandler } from 'express';

import type { Adapter } from '../cluster/adapter/adapter.js';
import type { MessageHandler } from '../session/serve/handler.js';
import type { McpSseHooks } from '../session/events/hooks.js';
import type { ServerFactory } from '../session/serve/sdk-server.js';
import type { SunsetOptions } from './sunset.js';

/** Sizes in bytes, times in milliseconds. */
export interface LimitOptions {
  /**
   * The largest body of a POST. A larger one gets 413. An `express.json()` in front has its own.
   * @defaultValue 4 MiB, as the official transports
   */
  maxBodyBytes?: number;
  /**
   * Messages of one POST. A larger batch gets 400.
   * @defaultValue 256
   */
  maxBatch?: number;
  /**
   * Bytes of messages that may wait for one reader. One more closes the session
   * (`buffer-overflow`); a single larger message is taken when nothing else waits.
   * @defaultValue 16 MiB
   */
  maxBufferedBytes?: number;
  /**
   * How long a reader may take over what one write handed to the socket: 64 KiB at most, or one
   * larger message. Then its session is closed (`write-timeout`).
   * @defaultValue 30,000
   */
  writeTimeoutMs?: number;
  /**
   * Bytes that callers may make the process hold, all together: bodies, running requests, messages
   * that wait for readers, replays, handshakes, and what waits for other nodes. Over it a POST gets
   * 503 (`over-budget`); then replays go, those of the longest-detached sessions first
   * (`replay-evicted`), then the session that holds most is closed (`over-budget`). Bodies of over
   * 64 KiB may use three quarters of it. All routers of the process count together.
   * @defaultValue a quarter of V8's heap limit
   */
  maxTotalBytes?: number;
  /**
   * Sessions at a time; one more gets 503.
   * @defaultValue 10,000
   */
  maxSessions?: number;
  /**
   * Sessions at a time of one principal; one more gets 503. Callers without a principal only
   * count towards `sessions`.
   * @defaultValue 1,000
   */
  maxSessionsPerPrincipal?: number;
  /**
   * Requests of one session that may run at a time; one more gets 429.
   * @defaultValue 1,000
   */
  maxConcurrentRequests?: number;
  /**
   * How long a client may take to send `initialize`; then its session is closed. `false` waits
   * for ever, for streams that only push.
   * @defaultValue 60,000
   */
  initializeTimeoutMs?: number | false;
  /**
   * How long a session may have no message in either direction and no request running; then it
   * is closed. Off by default: a client may have nothing to ask for hours.
   * @defaultValue false
   */
  idleTimeoutMs?: number | false;
  /**
   * How long a hook, `principal`, or the `server` factory may take.
   * @defaultValue 10,000
   */
  hookTimeoutMs?: number;
}

export interface KeepAliveOptions {
  /**
   * How long a stream may be silent before something is written to it, so that proxies do not
   * take it for dead.
   * @defaultValue 15,000, as the HTML standard suggests
   */
  intervalMs?: number;
  /**
   * Write JSON-RPC pings instead of comments: a peer that is frozen takes hundreds of comments,
   * but answers no ping. One that is not answered counts only for a client that has answered one
   * before, since some never do (mcp-go); `'strict'`: for every client.
   * @defaultValue false
   */
  ping?: boolean | 'strict';
  /**
   * How long the client may take to answer a ping; then its connection is ended (`ping-timeout`).
   * @defaultValue 15,000
   */
  timeoutMs?: number;
}

export interface SecurityOptions {
  /**
   * Host names under which the server may be addressed: `example.com` for every port,
   * `example.com:8080` for that port alone, `*.example.com` for names with one label more. Others
   * get 403. On connections within this machine its own names are always allowed: loopback names,
   * and the address that the connection came to. `'*'` allows every host.
   * @defaultValue on connections within this machine its own names only, against DNS rebinding;
   * elsewhere all
   */
  allowedHosts?: readonly string[] | '*';
  /**
   * Origins of other sites whose pages may use the server: `https://app.example.com`,
   * `https://*.example.com` for names with one label more, `'null'` for pages without an origin;
   * they get CORS headers. Requests of no page, and of the server's own, are always allowed.
   * `'*'` allows every origin, without credentials.
   * @defaultValue none
   */
  allowedOrigins?: readonly string[] | '*';
  /**
   * Whose session it is, or would be: a string that stays the same for all requests of a user.
   * Undefined is an anonymous caller; any other answer refuses the request with 500. May be async;
   * a throw refuses as one of `onConnect` does.
   * @defaultValue issuer, subject and client of what authentication put into `req.auth`, or else
   * into `req.user`; what does not say who the caller is refuses the request with 500
   */
  principal?: (req: Request) => string | undefined | Promise<string | undefined>;
}

/** Sizes in bytes, times in milliseconds. */
export interface ResumeOptions {
  /**
   * How long a session waits for its client after the stream is lost.
   * @defaultValue 60,000: a proxy restarts, a laptop changes networks; each waiting session holds
   * its MCP server and its log
   */
  windowMs?: number;
  /**
   * How long it waits if the client has closed its connection in good order (by a FIN, not a reset
   * or a time-out), which is what SDK clients do that close. It says so of the client only where
   * clients connect directly: a proxy does the same when it loses its client, or restarts. `false`:
   * as long as `windowMs`.
   * @defaultValue false
   */
  closedWindowMs?: number | false;
  /**
   * Messages that are kept for one client. While it is connected it is those that were written,
   * of which the oldest make room; while it is away, one more that it has not been given closes
   * its session (`buffer-overflow`).
   * @defaultValue 4,096
   */
  maxEvents?: number;
  /**
   * Bytes that are kept for one client, likewise.
   * @defaultValue 4 MiB
   */
  maxBytes?: number;
  /**
   * Who may come back to an anonymous session by answering a probe, which the session's id is enough
   * for: a client at the address that opened it, as far as `trust proxy` tells (`'same-address'`);
   * anyone who knows the id (`'any'`); or nobody (`false`). `Last-Event-ID` has a secret of its own.
   * @defaultValue 'same-address'
   */
  anonymous?: 'same-address' | 'any' | false;
  /**
   * How long a client that reconnects without saying from where may take to answer a `ping`
   * that asks it; then it gets a new session. `false` never asks: TypeScript SDK clients
   * without `resumableFetch` then lose their session with their stream.
   * @defaultValue 5,000
   */
  probeTimeoutMs?: number | false;
  /**
   * How long clients that understand it are told to wait before they reconnect, on the average:
   * each is told between half and one and a half of it, so that they do not come all at once.
   * @defaultValue 1,000
   */
  retryMs?: number;
  /**
   * Says which client this is, for set-ups that can tell: a text that is one client's own, the
   * same whenever it reconnects, and not another's. It gets its session back with all messages
   * that it has not been seen to read, so some may repeat. Undefined: the request does not tell.
   * @defaultValue no request tells
   */
  key?: (req: Request) => string | undefined;
}

/** What `usage()` shows. */
export interface UsageOptions {
  /**
   * `'hashed'`: 16 characters of the principal's SHA-256 in base64url, the same on all nodes and
   * after a restart; who knows a principal can find its rows. `'plain'`: the principal itself, to
   * everybody who sees the rows, the dashboard and metrics included.
   * @defaultValue 'hashed'
   */
  principals?: 'hashed' | 'plain';
}

/** `Data` is what `hooks.onConnect` returns: the type of `session.data`. */
export interface McpSseOptions<Data = unknown> {
  /**
   * Makes the MCP server of a session: a new one each time, of SDK v1 (`McpServer`, `Server` from
   * `@modelcontextprotocol/sdk`) or v2 (`@modelcontextprotocol/server`). It is connected and
   * closed by the session. A throw refuses the stream with 500.
   */
  server?: ServerFactory<Data>;
  /** Answers messages without an SDK. Excludes `server`. Neither: a valid MCP server without tools. */
  handler?: MessageHandler<Data>;
  /**
   * Where the two endpoints are, below the path that the router is mounted at.
   * @defaultValue `{ sse: '/sse', message: '/message' }`
   */
  paths?: { sse?: string; message?: string };
  /**
   * Serves Streamable HTTP at the URL of the stream, so that clients of every era may be given that
   * one: `toNodeHandler(createMcpHandler(factory))` of SDK v2, or middleware of your own. It is given
   * POST and DELETE on `paths.sse`, and those GETs that belong to a client of Streamable HTTP, once
   * Host, Origin and `security.principal` have admitted them; the body as a parser in front, or
   * nobody, has left it. What it throws is answered with 500; what it passes on by `next()` is served
   * as without it.
   * @defaultValue none: a POST gets 405, at which clients fall back to HTTP+SSE
   */
  streamableHttp?: RequestHandler;
  /**
   * How the URL for POSTs is announced.
   *
   * - `'auto'`: at the root of the host a relative reference; under a mount, or a trusted
   *   `X-Forwarded-Prefix`, the absolute path, which clients that resolve nothing (Java, Rust) need.
   * - `'relative'`: right under any mount and any proxy that keeps the two paths side by side.
   * - `'path'`: the absolute path.
   * - `'absolute'`: the whole URL. It relies on `Host` and, behind a trusted proxy, on
   *   `X-Forwarded-*`.
   * - a function returns the URL itself, which must carry `sessionId`.
   *
   * @defaultValue 'auto'
   */
  endpoint?:
    'auto' | 'relative' | 'path' | 'absolute' | ((req: Request, sessionId: string) => string);
  /**
   * Keeps the query of the stream's own URL for the URL of the POSTs: `true` all of it, a list the
   * parameters of these names. Not for secrets: URLs end up in logs. Not with an `endpoint` function.
   * @defaultValue nothing
   */
  endpointQuery?: true | readonly string[];
  /** `true` and `{}` are the defaults; `false` turns keep-alives off. */
  keepAlive?: KeepAliveOptions | boolean;
  limits?: LimitOptions;
  /** What happens when a stream drops; `true` is the defaults. `false`: its session ends with it. */
  resume?: ResumeOptions | boolean;
  security?: SecurityOptions;
  /** Ends HTTP+SSE politely: announces it, and refuses new sessions when the time has come. */
  sunset?: SunsetOptions;
  /** What `usage()` counts; `true` is the defaults. `false`: nothing is counted or kept. */
  usage?: UsageOptions | boolean;
  /**
   * What carries messages to the other nodes that serve the same clients: `redisAdapter(client)`
   * of `express-mcp-sse/redis`, `natsAdapter(connection)` of `express-mcp-sse/nats`. With it a POST
   * and a returning client may reach any node. Session ids then name their node.
   * @defaultValue none: this process is the only one
   */
  adapter?: Adapter;
  /**
   * Makes the id of a session: visible ASCII, at most 128 characters, never to be guessed.
   * @defaultValue 144 random bits, base64url
   */
  sessionIdGenerator?: (req: Request) => string;
  hooks?: McpSseHooks<Data>;
}
