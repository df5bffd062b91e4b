// Answers calls whose session is gone because its node was killed.
import { idOf, type LostCall } from '../../cluster/ledger/call-notes.js';
import type { McpSseError } from '../../errors.js';
import { interruptedResponse } from '../../session/handover/interrupt.js';
import type { Claimant } from '../../session/host.js';
import type { LiveSession } from '../../session/live-session.js';
import type { RequestFacts } from '../../session/request-facts.js';
import { reconnectDelay } from '../../session/resume/reconnect-delay.js';
import { isRecord } from '../../util/guards.js';
import type { JsonRpcRequest } from '../../wire/json-rpc.js';
import { parsedSizeOfMessage } from '../../wire/json-size.js';
import { encodeMessage, encodeRetry } from '../../wire/sse-encoder.js';
import type { Exchange } from '../exchange.js';
import type { Runtime } from '../runtime.js';
import { beginStream } from './begin-stream.js';
import { claimByEventId, lastEventId } from './resume-request.js';

/** How long a stream that only reports the lost calls may take to send that. */
const FINISH_MS = 5_000;

/** Calls that nobody will answer, and how their client names the session that they were made in. */
export interface LostCalls {
  readonly former: Claimant;
  readonly lost: readonly LostCall[];
}

/**
 * Settles the calls in the session that their client has got instead, before anything else happens
 * in it: calls that may run again do so, and the others are answered with the error `interrupted`.
 */
export function settleLostCalls<Data>(
  session: LiveSession<Data>,
  { former, lost }: LostCalls,
  facts: RequestFacts,
  { dispatcher, events, settings }: Runtime<Data>,
): void {
  if (lost.length === 0 || session.state === 'closed') return;
  const reruns = settings.resume && settings.resume.rerun === 'annotated';
  const interrupt = (call: LostCall): void => {
    events.interrupted(1);
    void session.send(interruptedResponse(idOf(call)));
  };
  for (const call of lost) {
    if (reruns && typeof call === 'object' && !session.mustInitialize) {
      rerun(session, call, facts).catch(() => {
        interrupt(call);
      });
    } else interrupt(call);
  }
  void dispatcher.calls?.forget(former);
}

/**
 * Runs the call as if the client had sent it now. @throws McpSseError (as a rejection) as
 * `Receiver.receive`
 */
async function rerun<Data>(
  session: LiveSession<Data>,
  call: JsonRpcRequest,
  facts: RequestFacts,
): Promise<void> {
  const again = withoutProgress(call);
  await session.receiver.receive([again], facts, parsedSizeOfMessage(again));
}

/**
 * [spec] Progress must increase, and the client may have heard of more than the new run reports at
 * first.
 */
function withoutProgress(call: JsonRpcRequest): JsonRpcRequest {
  const meta = call.params?._meta;
  if (!isRecord(meta) || !('progressToken' in meta)) return call;
  const others = Object.entries(meta).filter(([name]) => name !== 'progressToken');
  return { ...call, params: { ...call.params, _meta: Object.fromEntries(others) } };
}

/**
 * Answers the calls of a client whose `Last-Event-ID` leads nowhere, on a stream that ends with
 * them; 404 tells it the rest when it comes back. Whether there were any.
 */
export async function tellLostCalls<Data>(
  exchange: Exchange,
  runtime: Runtime<Data>,
  principal: string | undefined,
  error: McpSseError,
): Promise<boolean> {
  const { dispatcher, settings, events } = runtime;
  const id = lastEventId(exchange.req);
  if (error.code !== 'session-not-found' || id === undefined || !settings.resume) return false;
  const former = claimByEventId(id, principal);
  const lost = (former && (await dispatcher.calls?.find(former))) ?? [];
  if (!former || lost.length === 0 || exchange.res.destroyed) return false;
  const writer = beginStream(exchange, runtime);
  void writer.write(encodeRetry(reconnectDelay(settings.resume.retryMs)));
  for (const call of lost) void writer.write(encodeMessage(interruptedResponse(idOf(call))));
  events.interrupted(lost.length);
  void dispatcher.calls?.forget(former);
  await writer.end(FINISH_MS);
  return true;
}
