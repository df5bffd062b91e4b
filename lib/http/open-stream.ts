import accepts from 'accepts';

import { McpSseError } from '../errors.js';
import type { McpSseRequest } from '../session/request-facts.js';
import type { ConnectionWriter } from '../stream/connection-writer.js';
import { beginStream } from './begin-stream.js';
import { announcedUrl } from './endpoint.js';
import type { Exchange } from './exchange.js';
import { openSession } from './open-session.js';
import type { ProbeAnswer } from './probes.js';
import type { Runtime } from './runtime.js';
import {
  lastEventId,
  negotiatedBefore,
  sessionAt,
  sessionWithKey,
  shouldTryAgain,
  tellToTryAgain,
  type Resumption,
} from './way-back.js';

const EVENT_STREAM = 'text/event-stream';

/** Who asks for a stream: what the application says of the request. */
export interface Caller {
  readonly principal: string | undefined;
  readonly key: string | undefined;
}

/** GET /sse: a stream for the session that the client had, or for a new one, or a refusal. */
export async function openStream<Data>(exchange: Exchange, runtime: Runtime<Data>): Promise<void> {
  const { req, res } = exchange;
  checkAccept(req);
  const { hooks, settings } = runtime;
  const principal = await hooks.ask('security.principal', () => settings.security.principal(req));
  const key = settings.resume ? settings.resume.resumeKey?.(req) : undefined;
  try {
    await serveStream(exchange, runtime, { principal, key });
  } catch (thrown) {
    const error = McpSseError.from(thrown);
    if (!settings.resume || !shouldTryAgain(req, error)) throw error;
    runtime.statistics.countRefused(error);
    tellToTryAgain(res, settings.resume.retryMs);
  }
}

/** One road back after the other, and then a new session. */
async function serveStream<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  caller: Caller,
): Promise<void> {
  const { req, res } = exchange;
  if (res.destroyed) return;
  const id = runtime.settings.resume ? lastEventId(req) : undefined;
  const resumption =
    id === undefined
      ? sessionWithKey(caller.key, caller.principal, runtime)
      : sessionAt(id, caller.principal, runtime);
  if (resumption) {
    resume(exchange, runtime, resumption);
    return;
  }
  const timeoutMs = probeTimeout(req, runtime);
  if (timeoutMs === undefined) return openSession(exchange, runtime, caller);
  const writer = beginStream(exchange, runtime);
  const answer = await runtime.probes.ask(writer, timeoutMs);
  if (writer.closed) return;
  const found = answer && answeredBy(answer, caller);
  if (found) resume(exchange, runtime, found, writer);
  else await openSession(exchange, runtime, caller, writer);
}

function resume<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  { session, offset }: Resumption<Data>,
  begun?: ConnectionWriter,
): void {
  const announced = announcedUrl(exchange, session.id, runtime.settings);
  session.attach(begun ?? beginStream(exchange, runtime), announced, offset);
}

/** How long to wait for a probe's answer, if it makes sense to ask this client. */
function probeTimeout<Data>(
  req: McpSseRequest,
  { settings, sessions, probes, draining }: Runtime<Data>,
): number | undefined {
  const { resume, limits } = settings;
  if (!resume || resume.probeTimeoutMs === false || draining) return undefined;
  const asks = negotiatedBefore(req) !== undefined && sessions.size > 0;
  return asks && probes.size < limits.sessions ? resume.probeTimeoutMs : undefined;
}

/** The session of the answer, if it is this caller's and can go on without a gap. */
function answeredBy<Data>(
  { session, offset: told }: ProbeAnswer<Data>,
  { principal }: Caller,
): Resumption<Data> | undefined {
  const { outlet } = session;
  if (session.principal !== principal || session.state === 'closed') return undefined;
  outlet.decide(true);
  const offset = outlet.resumeOffset(told);
  return outlet.canResume(offset) ? { session, offset } : undefined;
}

function checkAccept(req: McpSseRequest): void {
  const { accept } = req.headers;
  if (accept === undefined || accept === EVENT_STREAM) return;
  if (accepts(req).type([EVENT_STREAM]) === false) {
    throw new McpSseError('not-acceptable', 'this is a stream: accept text/event-stream');
  }
}
