// The function by which an application answers messages without an SDK.
import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import type { RequestFacts } from '../request-facts.js';
import type { Session } from '../session.js';

/** The second argument of a handler. */
export interface HandlerContext<Data = unknown> extends RequestFacts {
  readonly session: Session<Data>;
  /** Aborted when the client cancels this request, or the session closes. */
  readonly signal: AbortSignal;
  /**
   * Reports progress of this request if the client asked for it (`_meta.progressToken`); otherwise
   * does nothing.
   */
  readonly progress: (progress: number, total?: number, message?: string) => Promise<void>;
}

/**
 * Answers without an SDK. For a request, the returned object becomes the `result` (undefined counts
 * as `{}`), and a thrown `JsonRpcError` becomes the `error`. Any other throw becomes
 * `-32603 Internal error` and goes to `onError`. Notifications and responses come too; return values
 * for them are ignored.
 */
export type MessageHandler<Data = unknown> = (
  message: JsonRpcMessage,
  context: HandlerContext<Data>,
) => unknown;
