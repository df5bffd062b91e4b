// The client's running requests.
import { McpSseError } from '../../errors.js';
import { performance } from '../../util/timers.js';
import { isRequest, type JsonRpcMessage, type RequestId } from '../../wire/json-rpc.js';

/** Gets changes of the bytes that running requests hold. Must not throw. */
export interface InFlightOwner {
  heldBytesChanged(bytes: number): void;
}

interface Running {
  readonly bytes: number;
  /** Made when the request's signal is first read. */
  controller: AbortController | undefined;
  /** On the clock of `performance.now()`; undefined while the client waits for the answer. */
  cancelledAt: number | undefined;
}

/** The client's running requests: accepted, and their work is not over. */
export class InFlight {
  readonly #owner: InFlightOwner;
  readonly #limit: number;
  /** Made for the first one that runs: an empty map takes 180 bytes, and most sessions are idle. */
  #requests: Map<RequestId, Running> | undefined;
  #cancelled = 0;
  #whenIdle: (() => void)[] | undefined;

  constructor(owner: InFlightOwner, limit: number) {
    this.#owner = owner;
    this.#limit = limit;
  }

  /** Requests that take a slot, cancelled ones included until their work is over. */
  get size(): number {
    return this.#requests?.size ?? 0;
  }

  /** The requests that the client waits for. */
  get unanswered(): RequestId[] {
    return this.#ids.filter((id) => this.has(id));
  }

  /** Whether the client waits for an answer to the request. */
  has(id: RequestId): boolean {
    const running = this.#requests?.get(id);
    return running !== undefined && running.cancelledAt === undefined;
  }

  /**
   * Admits the requests among `messages`, all or none. Together they hold `bytes`.
   *
   * @throws McpSseError `too-many-in-flight`, or `invalid-message` for an id that is in use
   * ([spec] ids are never reused by one side).
   */
  admit(messages: readonly JsonRpcMessage[], bytes = 0): void {
    const ids = messages.filter(isRequest).map((request) => request.id);
    if (ids.length === 0) return;
    if (this.size + ids.length > this.#limit) {
      throw new McpSseError(
        'too-many-in-flight',
        'too many requests run in this session: limits.maxConcurrentRequests is reached',
      );
    }
    if (new Set(ids).size < ids.length || ids.some((id) => this.#requests?.has(id))) {
      throw new McpSseError('invalid-message', 'a request with this id is already running');
    }
    const share = Math.ceil(bytes / ids.length);
    this.#requests ??= new Map();
    for (const id of ids)
      this.#requests.set(id, { bytes: share, controller: undefined, cancelledAt: undefined });
    this.#owner.heldBytesChanged(share * ids.length);
  }

  /** The work of the request is over. */
  release(id: RequestId): void {
    const running = this.#requests?.get(id);
    if (!running) return;
    this.#requests?.delete(id);
    if (this.size === 0) this.#requests = undefined;
    if (running.cancelledAt !== undefined) this.#cancelled -= 1;
    this.#owner.heldBytesChanged(-running.bytes);
    if (this.size === this.#cancelled) this.#becomeIdle();
  }

  /** A signal that is aborted when the client cancels the request; already if that is over. */
  signal(id: RequestId): AbortSignal {
    const running = this.#requests?.get(id);
    if (!running) return AbortSignal.abort(over());
    running.controller ??= new AbortController();
    // The request was cancelled before the first read of its signal.
    if (running.cancelledAt !== undefined) running.controller.abort(over());
    return running.controller.signal;
  }

  /** The client waits no longer. The slot stays taken until the work is over. */
  cancel(id: RequestId, reason: unknown): void {
    const running = this.#requests?.get(id);
    if (!running || running.cancelledAt !== undefined) return;
    running.cancelledAt = performance.now();
    this.#cancelled += 1;
    running.controller?.abort(reason);
    if (this.size === this.#cancelled) this.#becomeIdle();
  }

  cancelAll(reasonOf: () => unknown): void {
    for (const id of this.#ids) this.cancel(id, reasonOf());
  }

  /** Releases requests that were cancelled before `time`, if their work never reports its end. */
  releaseCancelledBefore(time: number): void {
    if (!this.#requests || this.#cancelled === 0) return;
    for (const [id, { cancelledAt }] of this.#requests)
      if (cancelledAt !== undefined && cancelledAt <= time) this.release(id);
  }

  /** Resolves when the client waits for no request. */
  idle(): Promise<void> {
    if (this.size === this.#cancelled) return Promise.resolve();
    this.#whenIdle ??= [];
    const waiting = this.#whenIdle;
    return new Promise((resolve) => waiting.push(resolve));
  }

  get #ids(): RequestId[] {
    return [...(this.#requests?.keys() ?? [])];
  }

  #becomeIdle(): void {
    const waiting = this.#whenIdle ?? [];
    this.#whenIdle = undefined;
    for (const resolve of waiting) resolve();
  }
}

const over = (): McpSseError => new McpSseError('request-cancelled', 'the request is over');
