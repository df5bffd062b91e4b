// Reads client, host and scheme of a request, from trusted proxies if there are any.
import type { Exchange } from '../exchange.js';

/** The client and the target of a request, by its own head and that of trusted proxies. */
export interface Forwarded {
  /** IP address of the client; undefined on a Unix socket. */
  readonly client: string | undefined;
  /** `name` or `name:port`, lower case; undefined when the request names no host. */
  readonly host: string | undefined;
  readonly scheme: 'http' | 'https';
  /** The path that a trusted proxy has removed from the front, with a slash before each segment. */
  readonly prefix: string;
}

/**
 * Reads the client and the target of a request. X-Forwarded-* count only if Express's `trust proxy`
 * covers the connecting peer; then the client is the last address that is not a trusted proxy.
 */
export function forwardedOf(exchange: Exchange): Forwarded {
  const { req, trusts } = exchange;
  const peer = req.socket.remoteAddress;
  const direct: Forwarded = {
    client: peer,
    host: hostOf(exchange),
    scheme: 'encrypted' in req.socket ? 'https' : 'http',
    prefix: '',
  };
  if (!isPeerTrusted(exchange)) return direct;
  const [scheme] = forwardedValues(exchange, 'proto');
  const [prefix = ''] = forwardedValues(exchange, 'prefix');
  return {
    client: clientBehind(peer, forwardedValues(exchange, 'for'), trusts),
    host: forwardedValues(exchange, 'host')[0]?.toLowerCase() ?? direct.host,
    scheme: scheme === 'https' || scheme === 'http' ? scheme : direct.scheme,
    prefix: pathOf(prefix),
  };
}

/** The host that the request itself names, in lower case. */
export function hostOf({ req: { headers } }: Pick<Exchange, 'req'>): string | undefined {
  // [spec] RFC 9113, 8.3.1: HTTP/2 has :authority in the place of Host.
  const host = headers[':authority'] ?? headers.host;
  return typeof host === 'string' ? host.toLowerCase() : undefined;
}

/** Whether `trust proxy` covers the peer. Only then its X-Forwarded-* count. */
export function isPeerTrusted({ req, trusts }: Exchange): boolean {
  // The peer on a Unix socket has no address; a `trust proxy` of `true` or a number covers it.
  return trusts(req.socket.remoteAddress ?? '', 0);
}

/** The values of an X-Forwarded-* header. Each proxy may have added one. */
export function forwardedValues(
  { req }: Pick<Exchange, 'req'>,
  name: 'for' | 'host' | 'prefix' | 'proto',
): string[] {
  const header = req.headers[`x-forwarded-${name}`];
  if (header === undefined) return [];
  return String(header)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function clientBehind(
  peer: string | undefined,
  forwarded: string[],
  trusts: Exchange['trusts'],
): string | undefined {
  let client = peer;
  for (const [hop, address] of [peer, ...forwarded.reverse()].entries()) {
    client = address;
    if (!trusts(address ?? '', hop)) break;
  }
  return client;
}

/** The name of `name:port` or `[v6]:port`. */
export function nameOf(host: string): string {
  return host.replace(/:\d*$/, '');
}

function pathOf(prefix: string): string {
  return prefix
    .split('/')
    .map((segment) => segment && `/${segment}`)
    .join('');
}
