// Serves GETs of the stream: for the session that the client had, or a new one.
import accepts from 'accepts';

import { McpSseError } from '../../errors.js';
import type { ProbeAnswer } from '../../session/resume/probes.js';
import type { Claimant } from '../../session/host.js';
import type { McpSseRequest } from '../../session/request-facts.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import { ignoreResult } from '../../util/promises.js';
import { beginStream } from './begin-stream.js';
import { messageUrlFor } from './message-url.js';
import { forwardedOf } from '../guard/forwarded.js';
import { checkOwnSocket, type Exchange } from '../exchange.js';
import { openSession } from './open-session.js';
import { tellLostCalls } from './lost-calls.js';
import { principalOf, type Caller } from '../principal.js';
import type { Runtime } from '../runtime.js';
import { announceSunset } from '../sunset.js';
import {
  claimByKey,
  negotiatedVersion,
  resumeRequestOf,
  shouldRetry,
  answerRetryLater,
  type ResumeRequest,
} from './resume-request.js';
import { performance } from '../../util/timers.js';

const EVENT_STREAM = 'text/event-stream';
/** The types that a client may accept. A type with a parameter matches only that parameter. */
const SERVED = [EVENT_STREAM, `${EVENT_STREAM};charset=utf-8`];

/** Answers GET /sse: a stream for the session that the client had, or for a new one, or a refusal. */
export async function openStream<Data>(exchange: Exchange, runtime: Runtime<Data>): Promise<void> {
  checkAccept(exchange.req);
  checkOwnSocket(exchange);
  const { settings } = runtime;
  try {
    holdHead(exchange, runtime.budget);
  } catch (thrown) {
    refuseOrRetry(exchange, runtime, McpSseError.from(thrown));
    return;
  }
  const principal = await principalOf(exchange, runtime);
  announceSunset(exchange, runtime, principal, true);
  const key = resumeKeyOf(exchange, settings);
  try {
    await serveStream(exchange, runtime, { principal, key });
  } catch (thrown) {
    const error = McpSseError.from(thrown);
    if (await tellLostCalls(exchange, runtime, principal, error)) return;
    refuseOrRetry(exchange, runtime, error);
  }
}

/** Tells the client to reconnect later, if it should. @throws McpSseError the error otherwise */
function refuseOrRetry<Data>(
  { req, res }: Exchange,
  { settings, events }: Runtime<Data>,
  error: McpSseError,
): void {
  if (!settings.resume || !shouldRetry(req, error)) throw error;
  events.refused(error);
  answerRetryLater(res, settings.resume.retryMs);
}

/** Larger heads count in the budget; `limits.maxSessions` bounds the smaller ones. */
const ORDINARY_HEAD_BYTES = 4 * 1024;

/**
 * Counts a large request head in the budget while the response is open: [node] a response keeps its
 * request, so 10,000 streams hold 10,000 heads of up to 16 KiB.
 *
 * @throws McpSseError `over-budget`: streams stay, so they leave room for requests, as large bodies do
 */
function holdHead<Data>({ req, res }: Exchange, budget: Runtime<Data>['budget']): void {
  if (res.destroyed || res.closed) return;
  let bytes = req.url.length - ORDINARY_HEAD_BYTES;
  for (const text of req.rawHeaders) bytes += text.length;
  if (bytes <= 0) return;
  budget.admit(bytes, Infinity);
  budget.add(bytes);
  res.once('close', () => {
    budget.add(-bytes);
  });
}

/**
 * Resumes the client's session by the first of its claims that works; otherwise opens a new one.
 */
async function serveStream<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  caller: Caller,
): Promise<void> {
  const { req, res } = exchange;
  if (res.destroyed) return;
  const resumeRequest = await resumeRequestOf(req, caller, runtime);
  if (resumeRequest) return resume(exchange, runtime, resumeRequest);
  const known = claimByKey(caller);
  const timeoutMs = probeTimeout(req, runtime);
  if (timeoutMs === undefined) return openSession(exchange, runtime, caller, { former: known });
  const { writer, askedAt, answer } = await probe(exchange, runtime, caller, timeoutMs);
  if (writer.closed) return;
  const probed = answer && claimByProbe(exchange, caller, answer);
  const resumed = probed && (await resumeProbed(exchange, runtime, probed, writer));
  if (!answer && runtime.dispatcher.wasCutOff(askedAt)) {
    // The answer may still be on its way, and the session may be alive: the client should try
    // again.
    throw new McpSseError(
      'adapter-unavailable',
      'the node that has this session may be out of reach: try again',
    );
  }
  if (resumed) return;
  await openSession(exchange, runtime, caller, { writer, former: probed ?? known });
}

/** Begins the stream and asks the client for its session. */
async function probe<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  { principal }: Caller,
  timeoutMs: number,
): Promise<{ writer: ConnectionWriter; askedAt: number; answer: ProbeAnswer | undefined }> {
  const { sessions, probes } = runtime;
  // Counted like a session: a stream with a pending probe must not escape the caps.
  sessions.takeSlot(principal);
  try {
    const writer = beginStream(exchange, runtime);
    const askedAt = performance.now();
    return { writer, askedAt, answer: await probes.ask(writer, timeoutMs) };
  } finally {
    sessions.freeSlot(principal);
  }
}

async function resume<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  { host, sessionId, client }: ResumeRequest,
  begun?: ConnectionWriter,
): Promise<void> {
  if (runtime.sessions.draining && host !== runtime.localHost) {
    // The session lives on, and its client reaches it through another node.
    throw new McpSseError('shutting-down', 'the server is shutting down');
  }
  const messageUrl = messageUrlFor(exchange, sessionId, runtime.settings);
  const begin = (): ConnectionWriter => begun ?? beginStream(exchange, runtime);
  await runtime.dispatcher.attach(sessionId, { host, client }, messageUrl, begin);
}

interface ProbedClaimant extends Claimant {
  readonly claim: Extract<Claimant['claim'], { readonly by: 'probe' }>;
}

function claimByProbe(
  exchange: Exchange,
  { principal }: Caller,
  { sessionId, position }: ProbeAnswer,
): ProbedClaimant {
  const { client: address } = forwardedOf(exchange);
  return { claim: { by: 'probe', sessionId, position, address }, principal };
}

/** Resumes the session that the answer to a probe names. Returns whether that was possible. */
async function resumeProbed<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  client: ProbedClaimant,
  writer: ConnectionWriter,
): Promise<boolean> {
  const { sessionId } = client.claim;
  const { dispatcher } = runtime;
  await dispatcher.locator.located(sessionId);
  const host = dispatcher.locator.hostOf(sessionId);
  try {
    await resume(exchange, runtime, { host, sessionId, client }, writer);
    return true;
  } catch (thrown) {
    const error = McpSseError.from(thrown);
    if (error.code === 'session-not-found') return false;
    throw error;
  }
}

/** The time for a probe's answer; undefined if this client should get no probe. */
function probeTimeout<Data>(
  req: McpSseRequest,
  { settings, sessions, probes, dispatcher }: Runtime<Data>,
): number | undefined {
  const { resume, limits } = settings;
  if (!resume || resume.probeTimeoutMs === false || sessions.draining) return undefined;
  const hasSessions = sessions.size > 0 || dispatcher.mayHaveOthers;
  const asks = negotiatedVersion(req) !== undefined && hasSessions;
  return asks && probes.size < limits.maxSessions ? resume.probeTimeoutMs : undefined;
}

/** @throws McpSseError `internal` for anything but a string: all promises would be the same key. */
function resumeKeyOf<Data>(
  exchange: Exchange,
  { resume }: Runtime<Data>['settings'],
): string | undefined {
  const key: unknown = resume ? resume.key?.(exchange.expressRequest()) : undefined;
  if (key === undefined || typeof key === 'string') return key;
  ignoreResult(key);
  throw new McpSseError('internal', 'resume.key() must return a string or undefined');
}

function checkAccept(req: McpSseRequest): void {
  const { accept } = req.headers;
  if (accept === undefined || accept === EVENT_STREAM) return;
  if (accepts(req).type(SERVED) === false) {
    throw new McpSseError(
      'not-acceptable',
      'this URL serves a stream: send Accept: text/event-stream',
    );
  }
}
