// Marks the ids of the server's requests, by which their answers find the right server.
import { isRecord } from '../../util/guards.js';
import { isRequest, isResponse, type JsonRpcMessage, type RequestId } from '../../wire/json-rpc.js';
import { EPOCHS, FIRST_ID, IDS_PER_EPOCH } from '../inbound/pending-requests.js';

const OF_EPOCH = /^express-mcp-sse\.(\d{1,9}):(.*)$/s;

/**
 * A server that takes a session over counts its requests from 0 again, and the client may still
 * answer requests of the former server. So from the second server on, the ids of its requests and
 * their progress tokens carry the epoch, which is the number of hand-overs. Answers to former
 * servers are dropped.
 */
export class EpochIds {
  readonly #offset: number;

  static readonly #first = new EpochIds(0);

  /** Sessions that were never handed over share one instance. */
  static of(epoch: number): EpochIds {
    return epoch === 0 ? EpochIds.#first : new EpochIds(epoch);
  }

  private constructor(readonly epoch: number) {
    this.#offset = (1 + ((epoch - 1) % (EPOCHS - 1))) * IDS_PER_EPOCH;
  }

  /** Returns a message of the server as its client gets it. */
  outgoing(message: JsonRpcMessage): JsonRpcMessage {
    if (this.epoch === 0 || !('method' in message)) return message;
    const params = this.#outgoingParams(message.method, message.params, isRequest(message));
    const own = params === message.params ? message : { ...message, params };
    return isRequest(own) ? { ...own, id: this.#mark(own.id) } : own;
  }

  /** Returns a message of the client as the server gets it; undefined if it is for a former one. */
  incoming(message: JsonRpcMessage): JsonRpcMessage | undefined {
    if (this.epoch === 0) return message;
    if (isResponse(message)) {
      if (message.id == null) return message;
      const id = this.#unmark(message.id);
      return id === undefined ? undefined : { ...message, id };
    }
    if (message.method !== 'notifications/progress') return message;
    const token = this.#unmark(message.params?.progressToken);
    if (token === undefined) return undefined;
    return { ...message, params: { ...message.params, progressToken: token } };
  }

  #outgoingParams(
    method: string,
    params: Record<string, unknown> | undefined,
    asks: boolean,
  ): Record<string, unknown> | undefined {
    const cancelled = params?.requestId;
    if (method === 'notifications/cancelled' && isId(cancelled)) {
      return { ...params, requestId: this.#mark(cancelled) };
    }
    const meta = params?._meta;
    if (!asks || !isRecord(meta) || !isId(meta.progressToken)) return params;
    return { ...params, _meta: { ...meta, progressToken: this.#mark(meta.progressToken) } };
  }

  #mark(id: RequestId): RequestId {
    // Ids of this package's own requests differ by epoch already.
    if (typeof id === 'number' && id >= FIRST_ID) return id;
    const isSmall = typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < IDS_PER_EPOCH;
    // Some clients cannot answer a string id.
    if (isSmall) return id + this.#offset;
    return `express-mcp-sse.${String(this.epoch)}:${JSON.stringify(id)}`;
  }

  #unmark(id: unknown): RequestId | undefined {
    if (typeof id === 'number') {
      const own = id - this.#offset;
      return own >= 0 && own < IDS_PER_EPOCH ? own : undefined;
    }
    const [, epoch, text = ''] = OF_EPOCH.exec(typeof id === 'string' ? id : '') ?? [];
    if (Number(epoch) !== this.epoch) return undefined;
    try {
      const own: unknown = JSON.parse(text);
      return isId(own) ? own : undefined;
    } catch {
      return undefined;
    }
  }
}

function isId(value: unknown): value is RequestId {
  return typeof value === 'string' || typeof value === 'number';
}
