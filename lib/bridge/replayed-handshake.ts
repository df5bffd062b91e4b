// Answers the handshake of a session that comes from another node.
import type {
  JsonRpcMessage,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResult,
  RequestId,
  Session,
} from '../index.js';
import { Memory } from './memory.js';
import { isRequest, isResponse } from './messages.js';

/**
 * A session from another node brings the messages of its client's handshake. Waiting for the
 * upstream would take longer than the other node allows, above all for a command, and the caller's
 * token is missing too, because headers do not travel. So this class answers the handshake at once
 * with what the previous upstream had announced, and the bridge repeats it to the next upstream.
 */
export class ReplayedHandshake {
  readonly #session: Session;
  /** The log level and the subscriptions. */
  readonly #requests: JsonRpcRequest[] = [];
  readonly #answered = new Set<RequestId>();
  #initialize: JsonRpcRequest | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The `initialize` for the next upstream. */
  get initialize(): JsonRpcRequest | undefined {
    return this.#initialize;
  }

  /** The requests for the next upstream after `initialize`. */
  get requests(): readonly JsonRpcRequest[] {
    return this.#requests;
  }

  /** Takes a message of the replay, and returns what to answer. */
  take(message: JsonRpcMessage): JsonRpcResult | undefined {
    if (!isRequest(message)) return undefined;
    const { id, method } = message;
    if (method === 'initialize') {
      this.#initialize = message;
      const { protocolVersion, serverCapabilities: capabilities = {} } = this.#session;
      const serverInfo = { name: 'bridge', version: '0' };
      return { jsonrpc: '2.0', id, result: { protocolVersion, capabilities, serverInfo } };
    }
    this.#requests.push(message);
    this.#answered.add(id);
    return { jsonrpc: '2.0', id, result: {} };
  }

  /** Whether the message answers a request that `take` has already answered. */
  isAnswered(message: JsonRpcMessage): boolean {
    return isResponse(message) && message.id != null && this.#answered.has(message.id);
  }

  /** Notifications for the client, since the next upstream may offer other things. */
  changes(initialized: Record<string, unknown>): JsonRpcNotification[] {
    return new Memory().changes(initialized);
  }
}
