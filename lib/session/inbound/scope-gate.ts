// Holds requests until their caller's scopes are checked.
import { McpSseError } from '../../errors.js';
import { ignoreRejection } from '../../util/promises.js';
import {
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
} from '../../wire/json-rpc.js';
import type { RequestFacts } from '../request-facts.js';

/** Facts about the caller of a POST. */
export type CallerFacts = Pick<RequestFacts, 'authInfo' | 'headers'>;

/**
 * Checks whether a caller has the scopes for a request. Returns or resolves if so.
 *
 * @throws McpSseError (perhaps as a rejection) `insufficient-scope`; `server-failed` or `hook-timeout`
 * if the application's code fails
 */
export type ScopeCheck = (request: JsonRpcRequest, caller: CallerFacts) => void | Promise<void>;

/** Gets changes of the bytes that waiting messages hold. Must not throw. */
export interface ScopeGateOwner {
  heldBytesChanged(bytes: number): void;
}

/** Lets the POSTs of one session pass in the order of arrival, however long their checks take. */
export class ScopeGate {
  readonly #check: ScopeCheck;
  readonly #owner: ScopeGateOwner;
  readonly #maxWaiting: number;
  #waiting = 0;
  /** Settles when the last waiting POST has passed or was refused; undefined if none waits. */
  #last: Promise<void> | undefined;

  constructor(check: ScopeCheck, owner: ScopeGateOwner, maxWaiting: number) {
    this.#check = check;
    this.#owner = owner;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Calls `dispatch` if the caller has the scopes for all messages: at once, unless their checks or
   * those of an earlier POST take longer.
   *
   * @param bytes of memory that the messages hold while they wait
   * @throws McpSseError (perhaps as a rejection) as `ScopeCheck`; `too-many-in-flight` if too many
   * wait; any throw of `dispatch`
   */
  pass(
    messages: readonly JsonRpcMessage[],
    caller: CallerFacts,
    bytes: number,
    dispatch: () => void,
  ): void | Promise<void> {
    // A check may itself wait for such an answer.
    if (messages.every(isResponse)) {
      dispatch();
      return;
    }
    const checked = this.#checkAll(messages.filter(isRequest), caller);
    const inFront = this.#last;
    if (!checked && !inFront) {
      dispatch();
      return;
    }
    return this.#wait(ignoreRejection(Promise.resolve(checked)), inFront, bytes, dispatch);
  }

  #checkAll(requests: readonly JsonRpcRequest[], caller: CallerFacts): void | Promise<void> {
    for (const [index, request] of requests.entries()) {
      const checked = this.#check(request, caller);
      if (checked) return checked.then(() => this.#checkAll(requests.slice(index + 1), caller));
    }
  }

  #wait(
    checked: Promise<void>,
    inFront: Promise<void> | undefined,
    bytes: number,
    dispatch: () => void,
  ): Promise<void> {
    if (this.#waiting >= this.#maxWaiting) {
      throw new McpSseError(
        'too-many-in-flight',
        'too many requests of this session are waiting: limits.maxConcurrentRequests is reached',
      );
    }
    this.#waiting += 1;
    this.#owner.heldBytesChanged(bytes);
    const passed = this.#passInOrder(checked, inFront, dispatch).finally(() => {
      this.#waiting -= 1;
      this.#owner.heldBytesChanged(-bytes);
      if (this.#last === settled) this.#last = undefined;
    });
    const settled = passed.catch(() => undefined);
    this.#last = settled;
    return passed;
  }

  async #passInOrder(
    checked: Promise<void>,
    inFront: Promise<void> | undefined,
    dispatch: () => void,
  ): Promise<void> {
    await inFront;
    await checked;
    dispatch();
  }
}
