// The client's requests whose work is not over.
import { McpSseError } from '../../errors.js';
import { performance } from '../../util/timers.js';
import { isRequest, type JsonRpcMessage, type RequestId } from '../../wire/json-rpc.js';

/** Receives by how many bytes what runs holds more, or fewer if negative. Must not throw. */
export interface InFlightOwner {
  heldBytesChanged(bytes: number): void;
}

interface Running {
  readonly bytes: number;
  /** Made once the request's signal is asked for. */
  controller: AbortController | undefined;
  /** On the clock of `performance.now()`; undefined while the client waits for the answer. */
  cancelledAt: number | undefined;
}

/** The client's requests that are accepted and whose work is not over. */
export class InFlight {
  readonly #owner: InFlightOwner;
  readonly #limit: number;
  readonly #requests = new Map<RequestId, Running>();
  #cancelled = 0;
  #whenIdle: (() => void)[] = [];

  constructor(owner: InFlightOwner, limit: number) {
    this.#owner = owner;
    this.#limit = limit;
  }

  /** Requests that take a slot: those that were cancelled too, until their work is over. */
  get size(): number {
    return this.#requests.size;
  }

  /** The requests for whose answers the client waits. */
  get unanswered(): RequestId[] {
    return [...this.#requests.keys()].filter((id) => this.has(id));
  }

  /** Whether the client waits for an answer to the request. */
  has(id: RequestId): boolean {
    const running = this.#requests.get(id);
    return running !== undefined && running.cancelledAt === undefined;
  }

  /**
   * Takes in the requests among `messages`, all or none, which together hold `bytes`.
   *
   * @throws McpSseError `too-many-in-flight`, or `invalid-message` for an id that is in use
   * ([spec] ids are never reused by one side).
   */
  admit(messages: readonly JsonRpcMessage[], bytes = 0): void {
    const ids = messages.filter(isRequest).map((request) => request.id);
    if (ids.length === 0) return;
    if (this.#requests.size + ids.length > this.#limit) {
      throw new McpSseError(
        'too-many-in-flight',
        'too many requests run in this session: limits.maxConcurrentRequests is reached',
      );
    }
    if (new Set(ids).size < ids.length || ids.some((id) => this.#requests.has(id))) {
      throw new McpSseError('invalid-message', 'a request with this id is already running');
    }
    const share = Math.ceil(bytes / ids.length);
    for (const id of ids)
      this.#requests.set(id, { bytes: share, controller: undefined, cancelledAt: undefined });
    this.#owner.heldBytesChanged(share * ids.length);
  }

  /** The work of the request is over. */
  release(id: RequestId): void {
    const running = this.#requests.get(id);
    if (!running) return;
    this.#requests.delete(id);
    if (running.cancelledAt !== undefined) this.#cancelled -= 1;
    this.#owner.heldBytesChanged(-running.bytes);
    if (this.#requests.size === this.#cancelled) this.#becomeIdle();
  }

  /** Aborted when the client cancels the request; aborted already when the request is over. */
  signal(id: RequestId): AbortSignal {
    const running = this.#requests.get(id);
    if (!running) return AbortSignal.abort(over());
    running.controller ??= new AbortController();
    // The signal was not asked for before the request was cancelled.
    if (running.cancelledAt !== undefined) running.controller.abort(over());
    return running.controller.signal;
  }

  /** The client does not wait any more. The slot stays taken until the work is over. */
  cancel(id: RequestId, reason: unknown): void {
    const running = this.#requests.get(id);
    if (!running || running.cancelledAt !== undefined) return;
    running.cancelledAt = performance.now();
    this.#cancelled += 1;
    running.controller?.abort(reason);
    if (this.#requests.size === this.#cancelled) this.#becomeIdle();
  }

  cancelAll(reasonOf: () => unknown): void {
    for (const id of [...this.#requests.keys()]) this.cancel(id, reasonOf());
  }

  /** Releases what was cancelled before `time`: for work that never says that it is over. */
  releaseCancelledBefore(time: number): void {
    if (this.#cancelled === 0) return;
    for (const [id, { cancelledAt }] of this.#requests)
      if (cancelledAt !== undefined && cancelledAt <= time) this.release(id);
  }

  /** Resolves when the client waits for no answer. */
  idle(): Promise<void> {
    if (this.#requests.size === this.#cancelled) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #becomeIdle(): void {
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiting) resolve();
  }
}

const over = (): McpSseError => new McpSseError('request-cancelled', 'the request is over');
