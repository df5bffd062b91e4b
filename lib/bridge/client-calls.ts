// Keeps the upstream's requests to the client until the client has answered.
import type { JsonRpcMessage, JsonRpcRequest, JsonRpcResponse, RequestId } from '../index.js';
import { startDeadline } from '../util/promises.js';

/** The most requests that wait for an answer at a time. */
const MAX_CALLS = 1_000;
const BUSY = { code: -32000, message: 'Too many requests wait for the client' };
const LATE = { code: -32001, message: 'The client did not answer in time' };

export type Answer = { result: Record<string, unknown> } | Failure;
interface Failure {
  error: { code: number; message: string; data?: unknown };
}

interface Call {
  readonly owner: object;
  readonly theirs: RequestId;
  readonly answered: (answer: Answer) => void;
  readonly stopDeadline: () => void;
}

/**
 * Requests of the upstream to the client, under ids of the bridge's own: a restarted upstream
 * begins to count anew, and a late answer must not go to another request.
 */
export class ClientCalls {
  readonly #calls = new Map<string, Call>();
  readonly #send: (message: JsonRpcMessage) => void;
  readonly #timeoutMs: number;
  #count = 0;

  constructor(send: (message: JsonRpcMessage) => void, timeoutMs: number) {
    this.#send = send;
    this.#timeoutMs = timeoutMs;
  }

  /** Asks the client; `owner` is the connection that the request came on. */
  ask(request: JsonRpcRequest, owner: object, answered: (answer: Answer) => void): void {
    if (this.#calls.size >= MAX_CALLS) {
      answered({ error: BUSY });
      return;
    }
    const id = `bridge:${String((this.#count += 1))}`;
    const stopDeadline = startDeadline(this.#timeoutMs, () => {
      this.#cancel(id, 'timeout');
      answered({ error: LATE });
    });
    this.#calls.set(id, { owner, theirs: request.id, answered, stopDeadline });
    this.#send({ ...request, id });
  }

  /** Passes an answer of the client on. Returns false if no request waits for it. */
  answer(response: JsonRpcResponse): boolean {
    const call = typeof response.id === 'string' ? this.#take(response.id) : undefined;
    if ('result' in response) call?.answered({ result: response.result });
    else call?.answered({ error: response.error });
    return call !== undefined;
  }

  /** The upstream no longer wants the answer to its request `theirs`. */
  cancel(owner: object, theirs: unknown, reason?: unknown): void {
    for (const [id, call] of this.#calls) {
      if (call.owner === owner && call.theirs === theirs) this.#cancel(id, reason);
    }
  }

  /** Cancels the requests of `owner`, a connection that is gone, or of all. */
  cancelAll(owner?: object): void {
    for (const [id, call] of this.#calls) {
      if (!owner || call.owner === owner) this.#cancel(id, 'The upstream is gone');
    }
  }

  /** Drops all requests silently: the session is over. */
  forget(): void {
    for (const id of [...this.#calls.keys()]) this.#take(id);
  }

  #cancel(requestId: string, reason: unknown): void {
    if (!this.#take(requestId)) return;
    const params = { requestId, ...(typeof reason === 'string' && { reason }) };
    this.#send({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
  }

  #take(id: string): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.stopDeadline();
    return call;
  }
}
