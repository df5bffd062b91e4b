import { McpSseError } from '../../errors.js';
import { isRequest, type JsonRpcMessage, type RequestId } from '../../wire/json-rpc.js';

/** The client's requests that are accepted and not yet answered. */
export class InFlight {
  readonly #limit: number;
  /** The controller exists once somebody asks for the request's signal. */
  readonly #requests = new Map<RequestId, AbortController | undefined>();
  #whenIdle: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#requests.size;
  }

  has(id: RequestId): boolean {
    return this.#requests.has(id);
  }

  /**
   * Takes in the requests among `messages`, all or none.
   *
   * @throws McpSseError `too-many-in-flight`, or `invalid-message` for an id that is in use
   * ([spec] ids are never reused by one side).
   */
  admit(messages: readonly JsonRpcMessage[]): void {
    const ids = messages.filter(isRequest).map((request) => request.id);
    if (this.#requests.size + ids.length > this.#limit && ids.length > 0) {
      throw new McpSseError('too-many-in-flight', 'too many requests of this session are running');
    }
    if (new Set(ids).size < ids.length || ids.some((id) => this.#requests.has(id))) {
      throw new McpSseError('invalid-message', 'a request with this id is already running');
    }
    for (const id of ids) this.#requests.set(id, undefined);
  }

  /** The request is answered, or will never be. Whether it was in flight. */
  release(id: RequestId): boolean {
    const known = this.#requests.delete(id);
    if (known && this.#requests.size === 0) this.#becomeIdle();
    return known;
  }

  /** Aborted when the client cancels the request; aborted already when the request is over. */
  signal(id: RequestId): AbortSignal {
    if (!this.#requests.has(id)) return AbortSignal.abort(over());
    const controller = this.#requests.get(id) ?? new AbortController();
    this.#requests.set(id, controller);
    return controller.signal;
  }

  cancel(id: RequestId, reason: unknown): void {
    const controller = this.#requests.get(id);
    if (this.release(id)) controller?.abort(reason);
  }

  cancelAll(reason: unknown): void {
    for (const id of [...this.#requests.keys()]) this.cancel(id, reason);
  }

  /** Resolves when nothing is in flight. */
  idle(): Promise<void> {
    if (this.#requests.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #becomeIdle(): void {
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiting) resolve();
  }
}

const over = (): McpSseError => new McpSseError('request-cancelled', 'the request is over');
