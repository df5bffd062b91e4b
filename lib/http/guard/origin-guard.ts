import cors from 'cors';

import { McpSseError } from '../../errors.js';
import type { Settings } from '../../options/settings.js';
import { isLoopbackAddress, isLoopbackName } from '../../util/guards.js';
import { forwardedOf, nameOf, type Forwarded } from './forwarded.js';
import type { Exchange } from '../exchange.js';

type Security = Settings<unknown>['security'];

const DEFAULT_PORTS = { http: '80', https: '443' } as const;

/** Host, Origin and CORS: the rules that every request meets before anything else. */
export class OriginGuard {
  readonly #security: Security;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  readonly #cors: ReturnType<typeof cors>;

  constructor(security: Security) {
    const { allowedHosts, allowedOrigins } = security;
    this.#security = security;
    this.#hosts = new Set(Array.isArray(allowedHosts) ? allowedHosts.map(lower) : []);
    this.#origins = new Set(Array.isArray(allowedOrigins) ? allowedOrigins : []);
    this.#cors = cors({
      origin: allowedOrigins === '*' ? '*' : true,
      credentials: allowedOrigins !== '*',
      methods: ['GET', 'POST'],
      exposedHeaders: ['Retry-After', 'WWW-Authenticate'],
      maxAge: 600,
    });
  }

  /**
   * Lets the request pass, with CORS headers where its origin is another site that is allowed.
   *
   * @throws McpSseError `host-not-allowed`, `origin-not-allowed`; the message says which option
   * admits the caller.
   */
  check(exchange: Exchange): void {
    const addressing = forwardedOf(exchange);
    this.#checkHost(addressing);
    // [spec] The server MUST validate Origin on every connection.
    const foreign = this.#isCrossOrigin(exchange, addressing);
    // A preflight request is `preflight`'s to answer: cors() would end the response here already.
    if (foreign && exchange.req.method !== 'OPTIONS') this.#cors(exchange.req, exchange.res, noop);
  }

  /** Answers a preflight request; `check` has admitted it. */
  preflight({ req, res }: Exchange): void {
    this.#cors(req, res, noop);
  }

  #checkHost({ client, host }: Forwarded): void {
    const { allowedHosts } = this.#security;
    if (allowedHosts === '*') return;
    const local = client !== undefined && isLoopbackAddress(client);
    if (!local && allowedHosts === undefined) return;
    if (host !== undefined) {
      if (this.#hosts.has(host) || this.#hosts.has(nameOf(host))) return;
      if (local && isLoopbackName(nameOf(host))) return;
    }
    throw new McpSseError(
      'host-not-allowed',
      'Host not allowed: name it in security.allowedHosts' +
        (local ? ', or set "trust proxy" if a reverse proxy on this machine forwards it' : ''),
    );
  }

  /** Whether the request comes from a page of another site that is allowed. */
  #isCrossOrigin({ req }: Exchange, { host, scheme }: Forwarded): boolean {
    const { origin } = req.headers;
    if (origin === undefined) return false;
    if (host !== undefined && isOwnOrigin(origin, host, scheme)) return false;
    if (this.#security.allowedOrigins === '*' || this.#origins.has(origin)) return true;
    throw new McpSseError(
      'origin-not-allowed',
      'Origin not allowed: name it in security.allowedOrigins',
    );
  }
}

/**
 * Whether a page of `origin` is the server's own. An https page of the same host is, also when
 * the request arrives in plain http: TLS may end at a proxy.
 */
function isOwnOrigin(origin: string, host: string, scheme: 'http' | 'https'): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname, port } = new URL(origin);
  if (protocol !== 'https:' && protocol !== `${scheme}:`) return false;
  const pageScheme = protocol === 'https:' ? 'https' : 'http';
  const pagePort = port || DEFAULT_PORTS[pageScheme];
  const hostPort = /:(\d+)$/.exec(host)?.[1] ?? DEFAULT_PORTS[pageScheme];
  return hostname === nameOf(host) && pagePort === hostPort;
}

function lower(text: string): string {
  return text.toLowerCase();
}

function noop(): void {
  // cors() calls it when the request may go on; here it always may.
}
