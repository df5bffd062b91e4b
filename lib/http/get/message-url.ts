import { McpSseError } from '../../errors.js';
import type { Settings } from '../../options/settings.js';
import { ignoreResult } from '../../util/promises.js';
import { forwardedOf } from '../guard/forwarded.js';
import { splitUrl, type Exchange } from '../exchange.js';

type Routes = Pick<Settings<unknown>, 'paths' | 'endpoint'>;

/** What may stand in a Host header that is put into a URL. */
const PLAIN_HOST = /^[\w\-.[\]:]+$/;

/**
 * The URL that the `endpoint` event announces for the POSTs of a session.
 *
 * @throws McpSseError `internal` when the application's own function gives none.
 */
export function messageUrlFor(exchange: Exchange, sessionId: string, routes: Routes): string {
  const { endpoint, paths } = routes;
  if (typeof endpoint === 'function') return oneLine(endpoint(exchange.req, sessionId));
  const query = `?sessionId=${encodeURIComponent(sessionId)}`;
  const relative = relativePath(clientPath(exchange), paths);
  if (endpoint === 'relative') return relative + query;
  return absoluteUrl(exchange, relative) + query;
}

/** It goes into the `data` of events as it is. */
function oneLine(url: unknown): string {
  if (typeof url === 'string' && /^[^\r\n]+$/.test(url)) return url;
  ignoreResult(url);
  throw new McpSseError('internal', 'endpoint() must return the URL for POSTs');
}

/**
 * From the SSE path to the message path as a relative reference. It holds under any mount and
 * behind a proxy that rewrites the paths in front of both, since clients resolve it against the
 * URL they used.
 */
function relativePath(path: string, { sse, message }: Routes['paths']): string {
  const slash = path.endsWith('/');
  const depth = segments(sse).length;
  if (depth === 0) {
    // The stream is at the mount itself, which a client may have written without its slash.
    const mount = slash ? '' : path.slice(path.lastIndexOf('/') + 1) + '/';
    return './' + mount + segments(message).join('/');
  }
  // An empty reference would stand for the stream itself.
  return '../'.repeat(slash ? depth : depth - 1) + segments(message).join('/') || './';
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** The path as the client wrote it, as far as it reaches the server. */
function clientPath({ req }: Exchange): string {
  return splitUrl(req.originalUrl ?? req.url).path;
}

function absoluteUrl(exchange: Exchange, relative: string): string {
  const { scheme, host = '', prefix } = forwardedOf(exchange);
  const named = PLAIN_HOST.test(host) && URL.canParse(`${scheme}://${host}`);
  const origin = `${scheme}://${named ? host : 'localhost'}`;
  return new URL(relative, origin + prefix + clientPath(exchange)).href;
}
