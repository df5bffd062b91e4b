// The public members of a session, which the application holds.
import type { JsonRpcMessage } from '../wire/json-rpc.js';
import type { ClientInfo } from './inbound/handshake.js';
import type { CallOptions } from './inbound/pending-requests.js';
import type { CloseReason, Session } from './session.js';

/** The session that the application gets: the public members and nothing else. */
export class SessionHandle<Data = unknown> implements Session<Data> {
  readonly #live: Session<Data>;

  constructor(live: Session<Data>) {
    this.#live = live;
  }

  /** The session behind a handle. For specs only. */
  static liveOf<Data>(handle: SessionHandle<Data>): Session<Data> {
    return handle.#live;
  }

  get id(): string {
    return this.#live.id;
  }
  get state(): Session['state'] {
    return this.#live.state;
  }
  get principal(): string | undefined {
    return this.#live.principal;
  }
  get data(): Data {
    return this.#live.data;
  }
  get clientInfo(): ClientInfo | undefined {
    return this.#live.clientInfo;
  }
  get clientCapabilities(): Readonly<Record<string, unknown>> | undefined {
    return this.#live.clientCapabilities;
  }
  get serverCapabilities(): Readonly<Record<string, unknown>> | undefined {
    return this.#live.serverCapabilities;
  }
  get protocolVersion(): string | undefined {
    return this.#live.protocolVersion;
  }
  get signal(): AbortSignal {
    return this.#live.signal;
  }
  get openedAt(): Date {
    return this.#live.openedAt;
  }
  get lastActiveAt(): Date {
    return this.#live.lastActiveAt;
  }
  get messagesIn(): number {
    return this.#live.messagesIn;
  }
  get messagesOut(): number {
    return this.#live.messagesOut;
  }
  get bufferedBytes(): number {
    return this.#live.bufferedBytes;
  }
  get inFlight(): number {
    return this.#live.inFlight;
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.#live.send(message);
  }

  notify(method: string, params?: Record<string, unknown>): Promise<void> {
    return this.#live.notify(method, params);
  }

  request(
    method: string,
    params?: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<Record<string, unknown>> {
    return this.#live.request(method, params, options);
  }

  close(reason?: CloseReason): void {
    this.#live.close(reason);
  }
}
