// Reads the claim on a session from a GET.
import type { ServerResponse } from 'node:http';

import type { Dispatcher } from '../../cluster/dispatcher.js';
import type { Located } from '../../cluster/locator.js';
import type { McpSseError, McpSseErrorCode } from '../../errors.js';
import type { Claimant } from '../../session/host.js';
import { reconnectDelay } from '../../session/resume/reconnect-delay.js';
import { sessionNotFound } from '../../session/session-not-found.js';
import type { McpSseRequest } from '../../session/request-facts.js';
import {
  parseEventId,
  type ResumeCapabilities,
  type StreamPosition,
} from '../../session/resume/resume-strategy.js';
import { encodeRetry } from '../../wire/sse-encoder.js';
import type { Caller } from '../principal.js';
import { streamHead } from '../http2.js';
import type { Runtime } from '../runtime.js';

/** The claim of a returning client, its session, and the host of that. */
export interface ResumeRequest extends Located {
  readonly client: Claimant;
}

/** Sent by `resumableFetch` with its first GET, when there is no `Last-Event-ID` yet. */
const RESUMES = 'mcp-sse-resume';

/** Refusals after which the client should try again. */
const TEMPORARY: ReadonlySet<McpSseErrorCode> = new Set([
  'too-many-sessions',
  'over-budget',
  'shutting-down',
  'adapter-unavailable',
  'outcome-unknown',
]);

/** The `Last-Event-ID` of a GET, if it has one. */
export function lastEventId(req: McpSseRequest): string | undefined {
  const id = req.headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** The version that an SDK client negotiated before it lost its stream: only a reconnecting GET has it. */
export function negotiatedVersion(req: McpSseRequest): string | undefined {
  const version = req.headers['mcp-protocol-version'];
  return isEventSource(req) && typeof version === 'string' ? version : undefined;
}

/**
 * Whether the GET comes from an EventSource on top of a `fetch`. Other clients also fetch a stream
 * and name their version (the AI SDK's client even on its first GET), but cannot return.
 *
 * [spec] WHATWG 9.2.3: an EventSource fetches with the cache mode `no-store`, and Fetch 4.6 adds
 * both of these headers then.
 */
export function isEventSource({ headers }: McpSseRequest): boolean {
  const uncached = headers['cache-control'] === 'no-cache' || headers.pragma === 'no-cache';
  return uncached && 'sec-fetch-mode' in headers;
}

/** Finds the client's session if the GET names it; undefined if that takes a probe. */
export async function resumeRequestOf<Data>(
  req: McpSseRequest,
  { principal, key }: Caller,
  { settings, dispatcher }: Runtime<Data>,
): Promise<ResumeRequest | undefined> {
  if (settings.resume === false) return undefined;
  const id = lastEventId(req);
  if (id !== undefined) return namedBy(id, principal, dispatcher);
  const client = claimByKey({ principal, key });
  const located = client && (await dispatcher.search(client));
  return located && { client, ...located };
}

/** The claim by `resume.key`; undefined if it has returned no key. */
export function claimByKey({ principal, key }: Caller): Claimant | undefined {
  return key === undefined ? undefined : { claim: { by: 'key', key }, principal };
}

/**
 * Finds the session of a `Last-Event-ID`.
 *
 * @throws McpSseError `session-not-found` for an id that is malformed, unknown, another principal's,
 * or no longer in the log: an error instead of a silent gap.
 */
async function namedBy<Data>(
  id: string,
  principal: string | undefined,
  dispatcher: Dispatcher<Data>,
): Promise<ResumeRequest> {
  const position = parseEventId(id);
  if (!position) throw sessionNotFound();
  const { node, token } = position;
  const client = claimAt(position, principal);
  return { client, ...(await dispatcher.locator.locate(node, token, client)) };
}

/** The claim by `Last-Event-ID`; undefined for an id that is not from this package. */
export function claimByEventId(id: string, principal: string | undefined): Claimant | undefined {
  const position = parseEventId(id);
  return position && claimAt(position, principal);
}

function claimAt({ token, offset }: StreamPosition, principal: string | undefined): Claimant {
  return { claim: { by: 'event-id', token, offset }, principal };
}

/** Reads from a client's first GET how it can resume. */
export function capabilitiesOf<Data>(
  req: McpSseRequest,
  key: string | undefined,
  { settings: { resume } }: Runtime<Data>,
): ResumeCapabilities {
  if (resume === false) return {};
  const { headers } = req;
  // Every EventSource of a browser keeps `Last-Event-ID`; only browsers send sec-fetch-site.
  const ids = RESUMES in headers || 'sec-fetch-site' in headers;
  const positions = resume.probeTimeoutMs !== false && negotiatedVersion(req) !== undefined;
  const undecided = resume.probeTimeoutMs !== false && isEventSource(req) && !(RESUMES in headers);
  return { ids, positions, undecided: undecided && !positions, key, retryMs: resume.retryMs };
}

/**
 * Whether a reconnecting client should try again. Any answer but 200 would end its EventSource for
 * good, and its program would not notice.
 */
export function shouldRetry(req: McpSseRequest, error: McpSseError): boolean {
  return TEMPORARY.has(error.code) && (lastEventId(req) ?? negotiatedVersion(req)) !== undefined;
}

/** Answers with a stream that only says when to reconnect. */
export function answerRetryLater(res: ServerResponse, retryMs: number): void {
  if (!res.headersSent) res.writeHead(200, streamHead(res));
  res.end(encodeRetry(reconnectDelay(retryMs)));
}
