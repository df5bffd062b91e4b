import type { ServerResponse } from 'node:http';

import { McpSseError } from '../errors.js';
import type { LiveSession } from '../session/live-session.js';
import { reconnectDelay } from '../session/reconnect-delay.js';
import type { McpSseRequest } from '../session/request-facts.js';
import { parseEventId, type RoadSigns } from '../session/road.js';
import { STREAM_HEAD } from '../wire/event-stream.js';
import type { Runtime } from './runtime.js';

/** A session, and the offset after which its client goes on. */
export interface Resumption<Data> {
  readonly session: LiveSession<Data>;
  readonly offset: number;
}

/** Sent by `resumableFetch` with its first GET, when there is no `Last-Event-ID` yet. */
const RESUMES = 'mcp-sse-resume';

/** The `Last-Event-ID` of a GET, if it has one. */
export function lastEventId(req: McpSseRequest): string | undefined {
  const id = req.headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** The version that an SDK client has negotiated before it lost its stream: a reconnecting GET. */
export function negotiatedBefore(req: McpSseRequest): string | undefined {
  const version = req.headers['mcp-protocol-version'];
  return isEventSource(req) && typeof version === 'string' ? version : undefined;
}

/**
 * Whether an EventSource asks, on top of a `fetch`. Others fetch a stream too and name their
 * version, the AI SDK's client on its first GET even, and cannot come back.
 *
 * [spec] WHATWG 9.2.3: an EventSource fetches with the cache mode `no-store`, and Fetch 4.6 adds
 * both of these headers then.
 */
function isEventSource({ headers }: McpSseRequest): boolean {
  const uncached = headers['cache-control'] === 'no-cache' || headers.pragma === 'no-cache';
  return uncached && 'sec-fetch-mode' in headers;
}

/**
 * The session that a `Last-Event-ID` names.
 *
 * @throws McpSseError `session-not-found` for an id that is malformed, unknown, somebody else's,
 * or no longer in the log: told, never a silent gap.
 */
export function sessionAt<Data>(
  id: string,
  principal: string | undefined,
  { sessions }: Runtime<Data>,
): Resumption<Data> {
  const position = parseEventId(id);
  const session = position && sessions.withToken(position.token);
  if (!session || session.principal !== principal || !session.outlet.canResume(position.offset)) {
    throw new McpSseError('session-not-found', 'no such session');
  }
  return { session, offset: position.offset };
}

/** The session of the client of `principal` that the application calls `key`. */
export function sessionWithKey<Data>(
  key: string | undefined,
  principal: string | undefined,
  { sessions }: Runtime<Data>,
): Resumption<Data> | undefined {
  const session = key === undefined ? undefined : sessions.withKey(key, principal);
  if (!session) return undefined;
  const offset = session.outlet.resumeOffset();
  return session.outlet.canResume(offset) ? { session, offset } : undefined;
}

/** What the first GET of a client shows of its ways to come back. */
export function signsOf<Data>(
  req: McpSseRequest,
  key: string | undefined,
  { settings: { resume } }: Runtime<Data>,
): RoadSigns {
  if (resume === false) return {};
  const { headers } = req;
  // Every EventSource of a browser keeps `Last-Event-ID`; only browsers send sec-fetch-site.
  const ids = RESUMES in headers || 'sec-fetch-site' in headers;
  const positions = resume.probeTimeoutMs !== false && negotiatedBefore(req) !== undefined;
  const undecided = resume.probeTimeoutMs !== false && isEventSource(req) && !(RESUMES in headers);
  return { ids, positions, undecided: undecided && !positions, key, retryMs: resume.retryMs };
}

/**
 * Whether a client that reconnects had better try again: any other answer than 200 would end
 * its EventSource for good, with no word to the program that uses it.
 */
export function shouldTryAgain(req: McpSseRequest, error: McpSseError): boolean {
  const passing = error.code === 'too-many-sessions' || error.code === 'shutting-down';
  return passing && (lastEventId(req) ?? negotiatedBefore(req)) !== undefined;
}

/** A stream that only says when to come back. */
export function tellToTryAgain(res: ServerResponse, retryMs: number): void {
  if (!res.headersSent) res.writeHead(200, STREAM_HEAD);
  res.end(`retry: ${String(reconnectDelay(retryMs))}\n\n`);
}
