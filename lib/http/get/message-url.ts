// Makes the URL for POSTs that the stream announces.
import { McpSseError } from '../../errors.js';
import type { Settings } from '../../options/settings.js';
import { ignoreResult } from '../../util/promises.js';
import { forwardedOf, type Forwarded } from '../guard/forwarded.js';
import { splitUrl, type Exchange } from '../exchange.js';

type UrlSettings = Pick<Settings<unknown>, 'paths' | 'endpoint' | 'endpointQuery'>;

/** A Host header that may be put into a URL. */
const PLAIN_HOST = /^[\w\-.[\]:]+$/;

/** Our own parameters: the query of the stream's URL must not replace them. */
const OWN_PARAMETERS: ReadonlySet<string> = new Set(['sessionId', 'n']);

/**
 * The URL that the `endpoint` event announces for the POSTs of a session.
 *
 * @throws McpSseError `internal` if the application's own function does not return one.
 */
export function messageUrlFor(
  exchange: Exchange,
  sessionId: string,
  settings: UrlSettings,
): string {
  const { endpoint, endpointQuery } = settings;
  if (typeof endpoint === 'function') {
    return oneLine(endpoint(exchange.expressRequest(), sessionId));
  }
  const kept = keptQuery(streamUrl(exchange).query, endpointQuery);
  const query = `?sessionId=${encodeURIComponent(sessionId)}${kept}`;
  return ascii(withoutQuery(exchange, endpoint, settings) + query);
}

function withoutQuery(
  exchange: Exchange,
  endpoint: Exclude<UrlSettings['endpoint'], (...args: never[]) => unknown>,
  { paths }: UrlSettings,
): string {
  const { path } = streamUrl(exchange);
  const relative = relativePath(path, paths);
  if (endpoint === 'relative') return relative;
  const forwarded = forwardedOf(exchange);
  const isMounted = segments(path).length > segments(paths.sse).length;
  if (endpoint === 'auto' && !isMounted && forwarded.prefix === '') return relative;
  const { origin, pathname } = absoluteUrl(forwarded, path, relative);
  return endpoint === 'absolute' ? origin + pathname : pathname;
}

/** The kept parameters of the query, as `&name=value`. */
function keptQuery(query: string, names: true | readonly string[]): string {
  if (query === '' || (names !== true && names.length === 0)) return '';
  return [...new URLSearchParams(query)]
    .filter(([name]) => !OWN_PARAMETERS.has(name) && (names === true || names.includes(name)))
    .map(([name, value]) => `&${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('');
}

/** [spec] RFC 3986: a URL is ASCII. Some clients take U+0085 for a line end. */
function ascii(url: string): string {
  return url.replace(/[^\x21-\x7e]/g, encodeURIComponent);
}

/** Checks the URL of an `endpoint` function, which becomes the `data` of events. */
function oneLine(url: unknown): string {
  if (typeof url === 'string' && /^[^\r\n]+$/.test(url)) return url;
  ignoreResult(url);
  throw new McpSseError(
    'internal',
    'endpoint() must return the URL for POSTs as a string without line breaks',
  );
}

/**
 * The relative reference from the SSE path to the message path. It works under any mount, and behind
 * a proxy that rewrites the paths in front of both, because clients resolve it against the URL that
 * they used.
 */
function relativePath(path: string, { sse, message }: UrlSettings['paths']): string {
  const slash = path.endsWith('/');
  const depth = segments(sse).length;
  if (depth === 0) {
    // The stream is at the mount itself, and a client may have left out its slash.
    const mount = slash ? '' : path.slice(path.lastIndexOf('/') + 1) + '/';
    return './' + mount + segments(message).join('/');
  }
  // An empty reference would mean the stream itself.
  return '../'.repeat(slash ? depth : depth - 1) + segments(message).join('/') || './';
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** The stream's URL, as the client sent it if the host has kept that. */
function streamUrl({ req }: Exchange): { path: string; query: string } {
  return splitUrl(req.originalUrl ?? req.url);
}

function absoluteUrl(
  { scheme, host = '', prefix }: Forwarded,
  path: string,
  relative: string,
): URL {
  const named = PLAIN_HOST.test(host) && URL.canParse(`${scheme}://${host}`);
  const origin = `${scheme}://${named ? host : 'localhost'}`;
  // Two leading slashes would name another host.
  return new URL(relative, origin + prefix + path.replace(/^\/+/, '/'));
}
