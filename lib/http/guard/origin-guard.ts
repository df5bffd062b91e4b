// Checks Host, Origin and Fetch Metadata, and sets CORS headers.
import cors from 'cors';

import { McpSseError } from '../../errors.js';
import type { Settings } from '../../options/settings.js';
import { isLoopbackAddress, isLoopbackName } from '../../util/guards.js';
import type { Exchange } from '../exchange.js';
import { AllowList } from './allow-list.js';
import { forwardedOf, forwardedValues, hostOf, isPeerTrusted, nameOf } from './forwarded.js';
import { isOwnAddress, isWithinMachine } from './this-machine.js';

type Security = Settings<unknown>['security'];

const DEFAULT_PORTS = { http: '80', https: '443' } as const;

/** Headers of answers that pages of other sites may read. */
const EXPOSED = ['Retry-After', 'WWW-Authenticate'];
const OF_STREAMABLE = ['Mcp-Session-Id', 'MCP-Protocol-Version'];

/** Checks Host, Origin and Fetch Metadata of every request first, and sets CORS headers. */
export class OriginGuard {
  readonly #security: Security;
  readonly #hosts: AllowList;
  readonly #origins: AllowList;
  readonly #cors: ReturnType<typeof cors>;
  /**
   * The last allowed Host of a connection within this machine: checking again costs 1 % of a POST.
   */
  #localHost: string | undefined;

  /**
   * @param streamable whether Streamable HTTP is served, too
   * @param exposed headers that pages of other sites may read, besides those of every refusal
   */
  constructor(security: Security, streamable = false, exposed: readonly string[] = []) {
    const { allowedHosts, allowedOrigins } = security;
    this.#security = security;
    this.#hosts = new AllowList(Array.isArray(allowedHosts) ? allowedHosts : []);
    this.#origins = new AllowList(Array.isArray(allowedOrigins) ? allowedOrigins : []);
    this.#cors = cors({
      origin: allowedOrigins === '*' ? '*' : true,
      credentials: allowedOrigins !== '*',
      methods: streamable ? ['GET', 'POST', 'DELETE'] : ['GET', 'POST'],
      exposedHeaders: [...EXPOSED, ...exposed, ...(streamable ? OF_STREAMABLE : [])],
      maxAge: 600,
    });
  }

  /**
   * Lets the request pass, with CORS headers if its origin is another site that is allowed.
   *
   * @throws McpSseError `host-not-allowed`, `origin-not-allowed`; the message names the option that
   * would admit the caller.
   */
  check(exchange: Exchange): void {
    this.#checkHosts(exchange);
    // [spec] The server MUST validate Origin on every connection.
    const foreign = this.#isCrossOrigin(exchange);
    // `preflight` answers preflight requests; cors() would end the response here already.
    if (foreign && exchange.req.method !== 'OPTIONS') this.#cors(exchange.req, exchange.res, noop);
  }

  /** Answers a preflight request; `check` has admitted it. */
  preflight({ req, res }: Exchange): void {
    this.#cors(req, res, noop);
  }

  /**
   * Within this machine every name, in Host and X-Forwarded-Host, must be local or allowed: after
   * DNS rebinding a page can forge X-Forwarded-Host, but not Host. Elsewhere only the name counts
   * that the client asked for.
   */
  #checkHosts(exchange: Exchange): void {
    const { allowedHosts } = this.#security;
    if (allowedHosts === '*') return;
    const local = isLocal(exchange);
    if (!local && allowedHosts === undefined) return;
    const forwarded = isPeerTrusted(exchange) ? forwardedValues(exchange, 'host') : [];
    if (local || forwarded.length === 0) {
      this.#checkHost('Host', hostOf(exchange), exchange, local);
      const { host } = exchange.req.headers;
      if (':authority' in exchange.req.headers && host !== undefined) {
        this.#checkHost('Host', host.toLowerCase(), exchange, local);
      }
    }
    for (const name of local ? forwarded : forwarded.slice(0, 1)) {
      this.#checkHost('X-Forwarded-Host', name.toLowerCase(), exchange, local);
    }
  }

  #checkHost(header: string, host: string | undefined, { req }: Exchange, local: boolean): void {
    if (host !== undefined) {
      if (local && host === this.#localHost) return;
      const name = nameOf(host);
      if (this.#hosts.has(host) || this.#hosts.has(name)) return;
      if (local && isLoopbackName(name)) {
        this.#localHost = host;
        return;
      }
      if (local && isOwnAddress(name, req.socket)) return;
    }
    throw new McpSseError('host-not-allowed', hostAdvice(header, local));
  }

  /** Whether the request comes from a page of another site that is allowed. */
  #isCrossOrigin(exchange: Exchange): boolean {
    const { origin, 'sec-fetch-site': site } = exchange.req.headers;
    const { allowedOrigins } = this.#security;
    // [spec] Fetch Metadata: the browser names the site of the page, and no page can change that.
    const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
    if (origin === undefined) {
      // A GET for an image, a script, a frame or `no-cors` has no Origin.
      if (!foreign || allowedOrigins === '*') return false;
      throw new McpSseError('origin-not-allowed', NO_ORIGIN);
    }
    if (!foreign && isOwnOrigin(origin, exchange)) return false;
    if (allowedOrigins === '*' || this.#origins.has(origin.toLowerCase())) return true;
    throw new McpSseError('origin-not-allowed', ORIGIN_ADVICE);
  }
}

const ORIGIN_ADVICE =
  'Origin not allowed: add it to security.allowedOrigins, as in ' +
  "mcpSse({ security: { allowedOrigins: ['https://app.example.com'] } }); " +
  'for pages of this server itself let the reverse proxy pass on their Host ' +
  '(nginx: proxy_set_header Host $http_host)';

const NO_ORIGIN =
  'Cross-site request without an Origin: pages of other sites must use fetch() or EventSource, ' +
  'and their origin must be in security.allowedOrigins, as in ' +
  "mcpSse({ security: { allowedOrigins: ['https://app.example.com'] } })";

function hostAdvice(header: string, local: boolean): string {
  return (
    `${header} not allowed: add the name to security.allowedHosts, as in ` +
    "mcpSse({ security: { allowedHosts: ['mcp.example.com'] } })" +
    (local ? ', and set "trust proxy" if a reverse proxy on this machine forwards it' : '')
  );
}

/**
 * Whether a page on this machine could have made the request. Over TCP it could if both ends are
 * here. No page can open a Unix socket, but a proxy can: then the last address in its
 * X-Forwarded-For decides.
 */
function isLocal(exchange: Exchange): boolean {
  const { socket } = exchange.req;
  if (socket.remoteAddress !== undefined) return isWithinMachine(socket);
  // [node] Once a socket is destroyed it has no addresses, and its last request is still served.
  if (socket.destroyed) return true;
  const peer = isPeerTrusted(exchange) ? forwardedValues(exchange, 'for').at(-1) : undefined;
  return peer !== undefined && isLoopbackAddress(peer);
}

/**
 * Whether `origin` is the server's own. That includes the https origin of the same host if the
 * request arrives over plain http: TLS may end at a proxy.
 */
function isOwnOrigin(origin: string, exchange: Exchange): boolean {
  const { host, scheme } = forwardedOf(exchange);
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, hostname, port } = new URL(origin);
  if (protocol !== 'https:' && protocol !== `${scheme}:`) return false;
  const pageScheme = protocol === 'https:' ? 'https' : 'http';
  const pagePort = port || DEFAULT_PORTS[pageScheme];
  const hostPort = /:(\d+)$/.exec(host)?.[1] ?? DEFAULT_PORTS[pageScheme];
  return hostname === nameOf(host) && pagePort === hostPort;
}

function noop(): void {
  // cors() calls it to pass the request on; here `check` decides that.
}
