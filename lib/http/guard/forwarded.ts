import type { Exchange } from '../exchange.js';

/** Where a request comes from and what it is addressed to, as far as its proxies are trusted. */
export interface Forwarded {
  /** IP address of the client; undefined on a Unix socket. */
  readonly client: string | undefined;
  /** `name` or `name:port`, lower case; undefined when the request names no host. */
  readonly host: string | undefined;
  readonly scheme: 'http' | 'https';
  /** The path that a trusted proxy has cut off the front, with a slash before each segment. */
  readonly prefix: string;
}

/**
 * Reads the addressing of a request. X-Forwarded-* count only when Express's `trust proxy` covers
 * the connecting peer; then the client is the last address that no trusted proxy vouches for.
 */
export function forwardedOf({ req, trusts }: Exchange): Forwarded {
  const peer = req.socket.remoteAddress;
  const direct: Forwarded = {
    client: peer,
    host: req.headers.host?.toLowerCase(),
    scheme: 'encrypted' in req.socket ? 'https' : 'http',
    prefix: '',
  };
  // The peer on a Unix socket has no address; a `trust proxy` of `true` or a number covers it.
  if (!trusts(peer ?? '', 0)) return direct;
  const scheme = first(req.headers['x-forwarded-proto']);
  return {
    client: clientBehind(peer, list(req.headers['x-forwarded-for']), trusts),
    host: first(req.headers['x-forwarded-host'])?.toLowerCase() ?? direct.host,
    scheme: scheme === 'https' || scheme === 'http' ? scheme : direct.scheme,
    prefix: pathOf(first(req.headers['x-forwarded-prefix']) ?? ''),
  };
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

function list(header: string | string[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function first(header: string | string[] | undefined): string | undefined {
  return list(header)[0];
}
