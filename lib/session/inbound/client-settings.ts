// What the client has set on the server: its logging level and its subscriptions.
import {
  answeredId,
  cancelledRequest,
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '../../wire/json-rpc.js';

/** Subscriptions and their characters that are remembered: one more, and they are incomplete. */
const MAX_SUBSCRIPTIONS = 4_096;
const MAX_CHARS = 256 * 1024;
/** What a subscription takes beside its text: the slot of the set and the string's head; about. */
const OVERHEAD_BYTES = 64;
const METHODS: ReadonlySet<string> = new Set([
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
]);

const NONE: ReadonlySet<string> = new Set();

/** What a client has set, as plain data. */
export interface ClientSettingsState {
  readonly level?: string | undefined;
  readonly subscriptions: readonly string[];
}

/**
 * What the client has set on its server by requests that were answered with a result, read as they
 * pass by: another server that takes over must know it.
 */
export class ClientSettings {
  /** As of the last `logging/setLevel`. */
  level: string | undefined;
  /** Made for the first one: most clients set nothing, and two empty collections take 350 bytes. */
  #subscriptions: Set<string> | undefined;
  /** Requests that are not answered yet; made for the first one. */
  #pending: Map<RequestId, JsonRpcRequest> | undefined;
  #chars = 0;
  #complete = true;

  /** The URIs of `resources/subscribe`. */
  get subscriptions(): ReadonlySet<string> {
    return this.#subscriptions ?? NONE;
  }

  /** False once there were more subscriptions than are remembered. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Bytes of memory that they take. */
  get heldBytes(): number {
    return 2 * this.#chars + OVERHEAD_BYTES * this.subscriptions.size;
  }

  received(message: JsonRpcMessage): void {
    // [spec] A cancelled request is not answered.
    const cancelled = this.#pending?.size ? cancelledRequest(message) : undefined;
    if (cancelled !== undefined) this.#pending?.delete(cancelled);
    // The running requests are bounded, and what is never answered goes with its session.
    if (!isRequest(message) || !METHODS.has(message.method)) return;
    this.#pending ??= new Map();
    this.#pending.set(message.id, message);
  }

  /** An answer of the server. */
  sent(response: JsonRpcMessage): void {
    if (!this.#pending?.size) return;
    const id = answeredId(response);
    const request = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || !request) return;
    this.#pending.delete(id);
    if ('result' in response) this.#apply(request);
  }

  state(): ClientSettingsState {
    return { level: this.level, subscriptions: [...this.subscriptions] };
  }

  restore({ level, subscriptions }: ClientSettingsState): void {
    this.level = level;
    for (const uri of subscriptions) this.#subscribe(uri);
  }

  #apply({ method, params }: JsonRpcRequest): void {
    const { level, uri } = params ?? {};
    if (method === 'logging/setLevel') {
      if (typeof level === 'string' && level.length <= MAX_CHARS) this.level = level;
    } else if (typeof uri !== 'string') return;
    else if (method === 'resources/subscribe') this.#subscribe(uri);
    else if (this.#subscriptions?.delete(uri)) this.#chars -= uri.length;
  }

  #subscribe(uri: string): void {
    this.#subscriptions ??= new Set();
    if (this.#subscriptions.has(uri)) return;
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS || this.#chars + uri.length > MAX_CHARS) {
      this.#complete = false;
      return;
    }
    this.#subscriptions.add(uri);
    this.#chars += uri.length;
  }
}
