// Keeps requests to the client until they are answered.
import { McpSseError } from '../../errors.js';
import { ignoreRejection, MAX_DELAY_MS } from '../../util/promises.js';
import {
  JsonRpcError,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from '../../wire/json-rpc.js';
import { clearTimeout, setTimeout } from '../../util/timers.js';

/**
 * Our ids count up from here, so that they never meet those of the MCP server behind the session,
 * which count up from 0, nor those of the client's requests. They are integers, because some clients
 * answer a string id with another one (langchain4j with 0), and below 2^31, because some read an `int`.
 */
export const FIRST_ID: number = 2 ** 30;
/** Requests of one epoch before its ids meet those of the next, and epochs before they begin anew. */
export const IDS_PER_EPOCH: number = 2 ** 20;
export const EPOCHS = 1_000;

export interface CallOptions {
  /**
   * Milliseconds to wait for the client's answer.
   * @defaultValue 60,000
   */
  timeoutMs?: number;
}

interface Call {
  resolve(result: Record<string, unknown>): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** Requests of this package and of `session.request` to the client, until they are answered. */
export class PendingRequests {
  readonly #calls = new Map<RequestId, Call>();
  readonly #firstId: number;
  #count = 0;

  /** @param epoch tells the requests of nodes apart that have had the session one after the other */
  constructor(epoch = 0) {
    this.#firstId = FIRST_ID + (epoch % EPOCHS) * IDS_PER_EPOCH;
  }

  /** Makes the request, hands it to `send`, and waits for its answer. */
  call(
    method: string,
    params: Record<string, unknown> | undefined,
    { timeoutMs = 60_000 }: CallOptions,
    send: (request: JsonRpcRequest) => Promise<void>,
  ): Promise<Record<string, unknown>> {
    const id = this.#firstId + this.#count;
    this.#count += 1;
    const answer = new Promise<Record<string, unknown>>((resolve, reject) => {
      const late = (): void => {
        this.#calls.delete(id);
        reject(new McpSseError('request-timeout', `the client did not answer ${method} in time`));
      };
      const timer = setTimeout(late, Math.min(timeoutMs, MAX_DELAY_MS)).unref();
      this.#calls.set(id, { resolve, reject, timer });
    });
    send({ jsonrpc: '2.0', id, method, ...(params && { params }) }).catch((error: unknown) => {
      this.#take(id)?.reject(McpSseError.from(error));
    });
    return ignoreRejection(answer);
  }

  /**
   * Whether `response` belongs to a request of ours: a late or repeated one still does, so that
   * it does not reach a server that never asked.
   */
  takeResponse(response: JsonRpcResponse): boolean {
    const { id } = response;
    if (!this.#isOurs(id)) return false;
    const call = this.#take(id);
    if ('result' in response) call?.resolve(response.result);
    else {
      const { code, message, data } = response.error;
      call?.reject(new JsonRpcError(code, message, data));
    }
    return true;
  }

  rejectAll(errorOf: () => McpSseError): void {
    for (const id of [...this.#calls.keys()]) this.#take(id)?.reject(errorOf());
  }

  /** Whether a request of ours had this id, on this node or on one before it. */
  #isOurs(id: RequestId | null | undefined): id is number {
    return (
      Number.isInteger(id) && Number(id) >= FIRST_ID && Number(id) < this.#firstId + this.#count
    );
  }

  #take(id: RequestId): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    clearTimeout(call?.timer);
    return call;
  }
}
