// The options, documented.
import type { Request, RequestHandler } from 'express';

import type { Adapter } from '../cluster/adapter/adapter.js';
import type { EventsOptions, ServerEventBusLike } from '../session/changes.js';
import type { MessageHandler } from '../session/serve/message-handler.js';
import type { McpSseHooks } from '../session/events/hooks.js';
import type { ServerFactory } from '../session/serve/sdk-server.js';
import type { SunsetOptions } from './sunset.js';
import type { Session } from '../session/session.js';

/** Sizes in bytes, times in milliseconds. */
export interface LimitOptions {
  /**
   * The largest body of a POST; a larger one gets 413. An `express.json()` in front has its own limit.
   * @defaultValue 4 MiB, as the official transports
   */
  maxBodyBytes?: number;
  /**
   * Messages of one POST. A larger batch gets 400.
   * @defaultValue 256
   */
  maxBatch?: number;
  /**
   * Bytes of messages that may wait for one client. More close its session (`buffer-overflow`). A
   * single larger message is accepted if nothing else waits.
   * @defaultValue 16 MiB
   */
  maxBufferedBytes?: number;
  /**
   * Time for the client to take one write, which is at most 64 KiB or one larger message. Then its
   * session is closed (`write-timeout`).
   * @defaultValue 30,000
   */
  writeTimeoutMs?: number;
  /**
   * Bytes that all callers together may make the process hold: bodies, running requests, messages
   * that wait for clients or other nodes, replays, handshakes, large heads of streams. Above it a
   * POST gets 503 (`over-budget`). Then replays are dropped, those of the longest-detached sessions
   * first (`replay-evicted`), then the session that holds most is closed (`over-budget`). Streams,
   * and bodies over 64 KiB, may use three quarters of it. All routers of the process share it.
   * @defaultValue a quarter of V8's heap limit
   */
  maxTotalBytes?: number;
  /**
   * Open sessions; one more gets 503.
   * @defaultValue 10,000, or one for each 64 KiB of V8's heap limit if those are fewer
   */
  maxSessions?: number;
  /**
   * Open sessions of one principal; one more gets 503. Callers without a principal count towards
   * `maxSessions` only.
   * @defaultValue 1,000
   */
  maxSessionsPerPrincipal?: number;
  /**
   * Running requests of one session; one more gets 429.
   * @defaultValue 1,000
   */
  maxConcurrentRequests?: number;
  /**
   * Time for a client to send `initialize`; then its session is closed. `false` waits forever, for
   * streams that only push.
   * @defaultValue 60,000
   */
  initializeTimeoutMs?: number | false;
  /**
   * Closes a session after this time without a message in either direction and without a running
   * request. Off by default, because a client may be quiet for hours.
   * @defaultValue false
   */
  idleTimeoutMs?: number | false;
  /**
   * Time for a hook, `principal`, or the `server` factory.
   * @defaultValue 10,000
   */
  hookTimeoutMs?: number;
}

export interface KeepAliveOptions {
  /**
   * Writes to a stream after this time of silence, so that proxies do not close it as idle.
   * @defaultValue 15,000, as the HTML standard suggests
   */
  intervalMs?: number;
  /**
   * Writes JSON-RPC pings instead of comments. A frozen client takes hundreds of comments, but
   * answers no ping. An unanswered ping counts only for clients that have answered one before,
   * because some never do (mcp-go). `'strict'`: for every client.
   * @defaultValue false
   */
  ping?: boolean | 'strict';
  /**
   * Time for the client to answer a ping; then its connection is ended (`ping-timeout`).
   * @defaultValue 15,000
   */
  timeoutMs?: number;
}

export interface SecurityOptions {
  /**
   * Host names by which clients may address the server: `example.com` for every port,
   * `example.com:8080` for that port only, `*.example.com` for names with one more label. Other
   * names get 403. Connections within this machine may always use its own names: loopback names, and
   * the address that the connection came to. `'*'` allows every host.
   * @defaultValue on connections within this machine its own names only, against DNS rebinding;
   * elsewhere all
   */
  allowedHosts?: readonly string[] | '*';
  /**
   * Origins of other websites whose pages may use the server: `https://app.example.com`,
   * `https://*.example.com` for names with one more label, `'null'` for pages without an origin.
   * They get CORS headers. Programs and the server's own pages are always allowed. `'*'` allows every
   * origin, without credentials.
   * @defaultValue none
   */
  allowedOrigins?: readonly string[] | '*';
  /**
   * Returns who the caller is: a string that is the same for all requests of a user, or undefined for
   * an anonymous caller. Anything else refuses the request with 500. May be async. A throw refuses
   * the request as a throw of `onConnect` does.
   * @defaultValue issuer, subject and client from `req.auth`, or else from `req.user`, where
   * authentication left them; 500 if these do not say who the caller is
   */
  principal?: (req: Request) => string | undefined | Promise<string | undefined>;
}

/** Sizes in bytes, times in milliseconds. */
export interface ResumeOptions<Data = unknown> {
  /**
   * Time that a session waits for its client after the stream is lost.
   * @defaultValue 60,000: a proxy restarts, a laptop changes networks; each waiting session holds
   * its MCP server and its log
   */
  windowMs?: number;
  /**
   * The same time if the client has closed its connection with a FIN, not by a reset or a timeout.
   * SDK clients do so when they close. It shows the client's intent only if clients connect
   * directly: a proxy also sends a FIN when it loses its client or restarts. `false` uses `windowMs`.
   * @defaultValue false
   */
  closedWindowMs?: number | false;
  /**
   * Messages kept for one client. While it is connected, these are written messages, and the oldest
   * make room for new ones. While it is away, one more unread message closes its session
   * (`buffer-overflow`).
   * @defaultValue 4,096
   */
  maxEvents?: number;
  /**
   * Bytes kept for one client, by the same rules.
   * @defaultValue 4 MiB
   */
  maxBytes?: number;
  /**
   * Who may return to an anonymous session by answering the ping of `probeTimeoutMs`, which takes
   * no more than the session's id: a client at the address that opened it, as `trust proxy`
   * determines it (`'same-address'`), any caller that knows the id (`'any'`), or nobody (`false`).
   * `Last-Event-ID` does not depend on this: it carries a secret of its own.
   * @defaultValue 'same-address'
   */
  anonymous?: 'same-address' | 'any' | false;
  /**
   * A client that reconnects without `Last-Event-ID` gets a `ping`, and its answer names the
   * session that it had. This is the time for that answer; then the client gets a new session.
   * `false` sends no ping: TypeScript SDK clients without `resumableFetch` then lose their session
   * with their stream.
   * @defaultValue 5,000
   */
  probeTimeoutMs?: number | false;
  /**
   * Mean time that clients wait before they reconnect, sent as `retry`. Each client gets between
   * half and one and a half of it, so that they do not all return at once.
   * @defaultValue 1,000
   */
  retryMs?: number;
  /**
   * Identifies the client, if your application can: a string of one client only, and the same
   * whenever it reconnects. The client gets its session back with all messages that it has not
   * acknowledged, so some may repeat. Undefined means that the request does not identify a client.
   * @defaultValue no request identifies its client
   */
  key?: (req: Request) => string | undefined;
  /**
   * Tells another node which calls of clients run here. If this node is killed, their clients get
   * -32010 (`interrupted`) when they reconnect. Only with an `adapter`. `false` saves this traffic;
   * the calls of a killed node then end when their clients time out.
   * @defaultValue true
   */
  trackCalls?: boolean;
  /**
   * `'annotated'` repeats the calls of a killed node in the client's new session, if a `tools/list`
   * of that client has annotated the tool with `readOnlyHint` or `idempotentHint`. The other node
   * keeps these requests, up to 16 KiB each. Other calls get -32010.
   * @defaultValue false
   */
  rerun?: 'annotated' | false;
  /**
   * Returns plain data for a session that moves to another node; `restore` gets it there. Runs only
   * with an `adapter`, when this node shuts down. May be async.
   * @defaultValue `session.data` travels if it is plain JSON; if not, the session ends
   */
  save?: (session: Session<Data>) => unknown;
  /**
   * Returns `session.data`, given what `save` returned on the former node. May be async; a throw
   * ends the session.
   * @defaultValue it is `session.data` as it is
   */
  restore?: (saved: unknown) => Data | Promise<Data>;
}

/** What `usage()` shows. */
export interface UsageOptions {
  /**
   * `'hashed'` shows 16 characters of the principal's SHA-256 in base64url. They are the same on all
   * nodes and after a restart, so a known principal can be found. `'plain'` shows the principal
   * itself to everybody who sees the rows, the dashboard and metrics included.
   * @defaultValue 'hashed'
   */
  principals?: 'hashed' | 'plain';
}

/** `Data` is what `hooks.onConnect` returns: the type of `session.data`. */
export interface McpSseOptions<Data = unknown> {
  /**
   * Makes a new MCP server for each session, of SDK v1 (`McpServer`, `Server` from
   * `@modelcontextprotocol/sdk`) or v2 (`@modelcontextprotocol/server`). The session connects and
   * closes it. A throw refuses the stream with 500.
   */
  server?: ServerFactory<Data>;
  /** Answers messages without an SDK. Excludes `server`. With neither: a valid MCP server without tools. */
  handler?: MessageHandler<Data>;
  /**
   * The paths of the two endpoints, below the mount path of the router.
   * @defaultValue `{ sse: '/sse', message: '/message' }`
   */
  paths?: { sse?: string; message?: string };
  /**
   * Serves Streamable HTTP at the URL of the stream, so that clients of every era can use that URL:
   * `toNodeHandler(createMcpHandler(factory))` of SDK v2, or middleware of your own. It gets POST and
   * DELETE on `paths.sse`, and the GETs of Streamable HTTP clients, after the checks of Host, Origin
   * and `security.principal`. The body is unread, or as a parser in front left it. A throw is answered
   * with 500. A request that it passes on by `next()` is served as if the option were not there.
   * @defaultValue none: a POST gets 405, at which clients fall back to HTTP+SSE
   */
  streamableHttp?: RequestHandler;
  /**
   * The bus on which your application publishes changes of tools, prompts and resources: that of SDK
   * v2's handler, `createMcpHandler(factory).bus`, or your own. On all nodes, initialized sessions are
   * notified of changed lists, and sessions that have subscribed to a resource of its changes (up to
   * 4,096 subscriptions and 256 KiB of URIs for each session). Pass `{ bus, shared: true }` if the bus
   * itself reaches all nodes. The subscription ends with `close()`.
   * @defaultValue none
   */
  events?: ServerEventBusLike | EventsOptions;
  /**
   * How to treat a client that comes back without `initialize` after its session was lost, as the
   * TypeScript SDKs do after a restart. With `{ capabilities }`, such as `{ elicitation: {} }`, the
   * server assumes that the client has these, and may use them. With `false`, the client's POSTs get
   * 404 until it sends `initialize`. Sessions that another node takes over need neither.
   * @defaultValue its requests are served, and the server knows no capabilities of it
   */
  adopt?: { capabilities: Record<string, unknown> } | false;
  /**
   * How the URL for POSTs is announced.
   *
   * - `'auto'`: at the root of the host a relative reference; under a mount, or a trusted
   *   `X-Forwarded-Prefix`, the absolute path, because some clients (Java, Rust) do not resolve
   *   relative references.
   * - `'relative'`: works under any mount, and behind any proxy that keeps the two paths side by side.
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
   * Copies the query of the stream's URL to the POST URL: all of it (`true`), or the parameters with
   * these names. Not for secrets, because URLs end up in logs. Not with an `endpoint` function.
   * @defaultValue nothing
   */
  endpointQuery?: true | readonly string[];
  /** `true` and `{}` use the defaults; `false` turns keep-alives off. */
  keepAlive?: KeepAliveOptions | boolean;
  limits?: LimitOptions;
  /**
   * Keeps the session of a lost stream for its client. `true` uses the defaults; with `false` a
   * session ends with its stream.
   */
  resume?: ResumeOptions<Data> | boolean;
  security?: SecurityOptions;
  /** Ends HTTP+SSE politely: announces it, and refuses new sessions when the time has come. */
  sunset?: SunsetOptions;
  /** What `usage()` counts. `true` uses the defaults; `false` counts and keeps nothing. */
  usage?: UsageOptions | boolean;
  /**
   * Carries messages between the nodes that serve the same clients: `redisAdapter(client)` of
   * `express-mcp-sse/redis`, `natsAdapter(connection)` of `express-mcp-sse/nats`. POSTs and
   * returning clients may then reach any node, and session ids name their node.
   * @defaultValue none: this process is the only one
   */
  adapter?: Adapter;
  /**
   * Makes session ids: at most 128 visible ASCII characters, unguessable.
   * @defaultValue 144 random bits, base64url
   */
  sessionIdGenerator?: (req: Request) => string;
  hooks?: McpSseHooks<Data>;
}
