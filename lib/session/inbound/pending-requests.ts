// Keeps requests to the client until they are answered.
import { McpSseError } from '../../errors.js';
import { PendingMap } from '../../util/pending-map.js';
import {
  JsonRpcError,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from '../../wire/json-rpc.js';

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

/** Requests of this package and of `session.request` to the client, until they are answered. */
export class PendingRequests {
  readonly #pending = new PendingMap<Record<string, unknown>, number>();
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
    const late = (): McpSseError =>
      new McpSseError('request-timeout', `the client did not answer ${method} in time`);
    const answer = this.#pending.wait(id, timeoutMs, late);
    send({ jsonrpc: '2.0', id, method, ...(params && { params }) }).catch((error: unknown) => {
      this.#pending.reject(id, McpSseError.from(error));
    });
    return answer;
  }

  /**
   * Whether `response` belongs to a request of ours: a late or repeated one still does, so that
   * it does not reach a server that never asked.
   */
  takeResponse(response: JsonRpcResponse): boolean {
    const { id } = response;
    if (!this.#isOurs(id)) return false;
    if ('result' in response) this.#pending.resolve(id, response.result);
    else {
      const { code, message, data } = response.error;
      this.#pending.reject(id, new JsonRpcError(code, message, data));
    }
    return true;
  }

  rejectAll(errorOf: () => McpSseError): void {
    this.#pending.rejectAll(errorOf);
  }

  /** Whether a request of ours had this id, on this node or on one before it. */
  #isOurs(id: RequestId | null | undefined): id is number {
    return (
      Number.isInteger(id) && Number(id) >= FIRST_ID && Number(id) < this.#firstId + this.#count
    );
  }
}
