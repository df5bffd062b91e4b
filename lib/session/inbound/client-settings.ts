// The client's settings on the server: its logging level and its subscriptions.
import {
  answeredId,
  cancelledRequest,
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from '../../wire/json-rpc.js';

/** The most subscriptions, and characters of all, that are kept; beyond, they are incomplete. */
const MAX_SUBSCRIPTIONS = 4_096;
const MAX_CHARS = 256 * 1024;
/** Memory of a subscription besides its text, roughly: the slot of the set, the string's head. */
const OVERHEAD_BYTES = 64;
const METHODS: ReadonlySet<string> = new Set([
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
]);

const NONE: ReadonlySet<string> = new Set();

/** The settings of a client, as plain data. */
export interface ClientSettingsState {
  readonly level?: string | undefined;
  readonly subscriptions: readonly string[];
}

/**
 * The client's settings on its server, for a server that takes over. Reads them from successful
 * requests as they pass by.
 */
export class ClientSettings {
  /** By the last `logging/setLevel`. */
  level: string | undefined;
  /** Made for the first one: most clients have none, and two empty collections take 350 bytes. */
  #subscriptions: Set<string> | undefined;
  /** Requests that are not answered yet; made for the first one. */
  #pending: Map<RequestId, JsonRpcRequest> | undefined;
  #chars = 0;
  #complete = true;

  /** The URIs of `resources/subscribe`. */
  get subscriptions(): ReadonlySet<string> {
    return this.#subscriptions ?? NONE;
  }

  /** False once there were more subscriptions than are kept. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Their memory, in bytes. */
  get heldBytes(): number {
    return 2 * this.#chars + OVERHEAD_BYTES * this.subscriptions.size;
  }

  received(message: JsonRpcMessage): void {
    // [spec] A cancelled request is not answered.
    const cancelled = this.#pending?.size ? cancelledRequest(message) : undefined;
    if (cancelled !== undefined) this.#pending?.delete(cancelled);
    // `maxConcurrentRequests` bounds these, and unanswered ones go with the session.
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
