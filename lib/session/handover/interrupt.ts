// Answers requests that still run when their node ends.
import { McpSseError } from '../../errors.js';
import {
  errorResponseFor,
  isAnswer,
  RpcCode,
  type JsonRpcFailure,
  type RequestId,
} from '../../wire/json-rpc.js';
import type { LiveSession } from '../live-session.js';

const DONE = Promise.resolve();

/** The answer to a request whose node has ended. The request may have taken effect. */
export function interruptedResponse(id: RequestId): JsonRpcFailure & { id: RequestId | null } {
  const data = { mayHaveRun: true };
  const text = 'The node that ran the request has ended';
  return errorResponseFor(id, RpcCode.interrupted, text, data);
}

/**
 * Answers all running requests with the error `interrupted`. Aborts their signals and drops later
 * answers of theirs. Returns their number.
 */
export function interruptRequests<Data>(session: LiveSession<Data>): number {
  const { inFlight } = session.receiver;
  const ids = inFlight.unanswered;
  if (ids.length === 0) return 0;
  for (const id of ids) {
    inFlight.cancel(
      id,
      new McpSseError('interrupted', 'the node that runs the request is shutting down'),
    );
    void session.send(interruptedResponse(id));
  }
  session.intercept = (message) => (isAnswer(message) ? DONE : undefined);
  return ids.length;
}
