// Keeps requests to the client until it answers.
import { McpSseError } from '../../errors.js';
import { PendingMap } from '../../util/pending-map.js';
import {
  JsonRpcError,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from '../../wire/json-rpc.js';

/**
 * Our ids count up from here, far from those of the MCP server behind the session, which count up
 * from 0. They are integers, because some clients answer a string id with another one (langchain4j
 * with 0), and below 2^31, because some read an `int`.
 */
export const FIRST_ID: number = 2 ** 30;
/** Ids of each epoch, and the number of epochs after which ids repeat. */
export const IDS_PER_EPOCH: number = 2 ** 20;
export const EPOCHS = 1_000;

export interface CallOptions {
  /**
   * Milliseconds to wait for the client's answer.
   * @defaultValue 60,000
   */
  timeoutMs?: number;
}

/** Requests of this package and of `session.request` to the client, until it answers. */
export class PendingRequests {
  readonly #pending = new PendingMap<Record<string, unknown>, number>();
  readonly #firstId: number;
  #count = 0;

  /** @param epoch the number of hand-overs: requests of each node of the session get other ids */
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
   * Takes a response to one of our requests. Returns whether it was one, even late or repeated: the
   * MCP server must not get it.
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

  /** Whether one of our requests had this id, on this node or a former one. */
  #isOurs(id: RequestId | null | undefined): id is number {
    return (
      Number.isInteger(id) && Number(id) >= FIRST_ID && Number(id) < this.#firstId + this.#count
    );
  }
}
