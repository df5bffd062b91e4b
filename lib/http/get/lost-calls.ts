// Answers calls of sessions whose nodes were killed.
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

/** Time for a stream that only answers lost calls to send these answers. */
const FINISH_MS = 5_000;

/** The lost calls of a session, and the claim of its client on it. */
export interface LostCalls {
  readonly former: Claimant;
  readonly lost: readonly LostCall[];
}

/**
 * Settles lost calls in their client's new session, before its first message: runs those again that
 * may run twice, and answers the others with the error `interrupted`.
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
 * Runs the call as if the client had just sent it.
 *
 * @throws McpSseError (as a rejection) as `Receiver.receive`
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
 * [spec] Progress must increase, and the first run may have reported more than the new one does at
 * first.
 */
function withoutProgress(call: JsonRpcRequest): JsonRpcRequest {
  const meta = call.params?._meta;
  if (!isRecord(meta) || !('progressToken' in meta)) return call;
  const others = Object.entries(meta).filter(([name]) => name !== 'progressToken');
  return { ...call, params: { ...call.params, _meta: Object.fromEntries(others) } };
}

/**
 * Answers the lost calls of a client whose session does not exist any more, on a stream that ends
 * with the answers. When the client comes back, it gets 404. Returns whether there were any calls.
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
