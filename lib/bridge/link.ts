// One connection to an upstream of a protocol up to 2025-11-25.
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';

import type { JsonRpcMessage, JsonRpcRequest, JsonRpcResponse } from '../index.js';
import { PendingMap } from '../util/pending-map.js';
import { ignoreRejection, settledWithin } from '../util/promises.js';
import { randomText } from '../util/random-text.js';
import { HopError, hopErrorOf, saysUnknownSession } from './hop-error.js';
import { HttpTransport, markHeaders } from './http-transport.js';
import { isInitialized, isRequest, isResponse } from './messages.js';
import type { Inbound, Surroundings } from './upstream.js';

/** The most messages that may wait behind a notification. */
const MAX_WAITING = 1_000;
/** Milliseconds that a notification may delay the messages behind it. */
const NOTIFICATION_MS = 10_000;

export interface LinkEvents {
  /** A message of the upstream that is for the client. */
  message(message: JsonRpcMessage, link: Link): void;
  /** The upstream has ended or has forgotten the session. */
  lost(link: Link, error: HopError): void;
}

/** One connection, from its start to its end. Another link replaces a lost one. */
export class Link {
  readonly transport: Transport;
  readonly #own = new PendingMap<JsonRpcResponse>();
  /** Ids of the bridge's own requests, which no client uses by chance. */
  readonly #prefix = `bridge-${randomText(6)}:`;
  readonly #surroundings: Surroundings;
  readonly #events: LinkEvents;
  #count = 0;
  #waiting = 0;
  #taken: Promise<unknown> | undefined;
  #lastError: HopError | undefined;
  #closed: Promise<void> | undefined;
  #isClosing = false;

  constructor(surroundings: Surroundings, events: LinkEvents) {
    this.#surroundings = surroundings;
    this.#events = events;
    this.transport = surroundings.openTransport();
    this.transport.onmessage = (message) => {
      this.#received(message);
    };
    this.transport.onerror = (error) => {
      this.#failed(error);
    };
    this.transport.onclose = () => {
      this.#ended();
    };
  }

  get pid(): number | undefined {
    const { transport } = this;
    return 'pid' in transport && typeof transport.pid === 'number' ? transport.pid : undefined;
  }

  /** Whether an upstream with a URL has given this link a session. */
  get hasSession(): boolean {
    return this.transport.sessionId !== undefined;
  }

  start(): Promise<void> {
    return this.transport.start();
  }

  /**
   * Sends a message after earlier notifications and answers, without waiting for earlier requests.
   * Calls `ended` when no answer can come any more.
   *
   * @throws HopError (as a rejection)
   */
  send({ message, headers }: Inbound, ended?: () => void): Promise<void> {
    const before = this.#taken;
    const post = (): Promise<void> => this.#post({ message, headers }, ended);
    if (before && this.#waiting >= MAX_WAITING) {
      return Promise.reject(
        new HopError('busy', 'Too many messages wait for the upstream', { sent: false }),
      );
    }
    let sent: Promise<void>;
    if (before) {
      this.#waiting += 1;
      sent = before.then(() => {
        this.#waiting -= 1;
        return post();
      });
    } else sent = post();
    if (!isRequest(message)) this.#keepBack(isInitialized(message) ? this.#listened(sent) : sent);
    return sent;
  }

  /** A request of the bridge's own. @throws HopError (as a rejection) */
  call(
    method: string,
    params: Record<string, unknown>,
    timeoutMs: number,
  ): Promise<JsonRpcResponse> {
    const id = `${this.#prefix}${String((this.#count += 1))}`;
    const message = { jsonrpc: '2.0' as const, id, method, params };
    return this.request({ message, headers: this.#surroundings.latest() }, timeoutMs);
  }

  /**
   * Sends a request whose answer does not go to the client, and waits for it.
   *
   * @throws HopError (as a rejection)
   */
  request(inbound: Inbound<JsonRpcRequest>, timeoutMs: number): Promise<JsonRpcResponse> {
    const { id, method } = inbound.message;
    const key = keyOf(id);
    const late = (): Error =>
      new HopError('timeout', `The upstream did not answer ${method} in time`);
    const answer = this.#own.wait(key, timeoutMs, late);
    const ended = (): void => {
      this.#own.reject(key, closed());
    };
    this.send(inbound, ended).catch((error: unknown) => {
      this.#own.reject(key, hopErrorOf(error));
    });
    return answer;
  }

  /** Names the negotiated protocol in everything that is sent from now on. */
  agreed(protocolVersion: unknown): void {
    if (typeof protocolVersion === 'string') this.transport.setProtocolVersion?.(protocolVersion);
  }

  /** Ends the upstream's session, within a deadline. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Leaves a lost session once the upstream has taken or refused all requests under way. */
  async leave(): Promise<void> {
    this.#isClosing = true;
    const { closeTimeoutMs } = this.#surroundings.settings;
    const sent = this.transport instanceof HttpTransport ? this.transport.sent() : undefined;
    if (sent) await settledWithin(sent, closeTimeoutMs);
    await this.close();
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    const { closeTimeoutMs } = this.#surroundings.settings;
    this.#own.rejectAll(closed);
    const { transport } = this;
    if (transport instanceof HttpTransport && this.hasSession) {
      const farewell = transport.terminateSession();
      await settledWithin(farewell, closeTimeoutMs, { keepsAlive: true });
    }
    await transport.close();
  }

  async #post({ message, headers }: Inbound, ended?: () => void): Promise<void> {
    if (this.#isClosing) throw new HopError('closed', CLOSED, { sent: false });
    const marked = this.#surroundings.settings.forwardHeaders.length > 0;
    try {
      // The types of the two packages differ in what an error may leave out.
      await this.transport.send(message as JSONRPCMessage, {
        ...(marked && { headers: markHeaders(headers) }),
        ...(ended && { onRequestStreamEnd: ended }),
      });
    } catch (error) {
      throw hopErrorOf(error);
    }
  }

  async #listened(sent: Promise<void>): Promise<void> {
    await sent;
    if (this.transport instanceof HttpTransport) await this.transport.streamOpened();
  }

  #keepBack(sent: Promise<void>): void {
    const taken = settledWithin(sent, NOTIFICATION_MS);
    this.#taken = taken;
    void taken.then(() => {
      if (this.#taken === taken) this.#taken = undefined;
    });
    void ignoreRejection(sent);
  }

  #received(message: JSONRPCMessage): void {
    const known = message as JsonRpcMessage;
    const isOwn =
      this.#own.size > 0 && isResponse(known) && this.#own.resolve(keyOf(known.id), known);
    if (!isOwn) this.#events.message(known, this);
  }

  #failed(thrown: Error): void {
    const error = hopErrorOf(thrown);
    this.#lastError = error;
    if (this.hasSession && isUnknownSession(error)) this.#events.lost(this, error);
  }

  #ended(): void {
    if (this.#isClosing) return;
    const error = this.#lastError ?? closed();
    this.#own.rejectAll(() => error);
    this.#events.lost(this, error);
  }
}

const CLOSED = 'The upstream closed the connection';
const closed = (): HopError => new HopError('closed', CLOSED);

/** `1` and `'1'` are two ids. */
const keyOf = (id: unknown): string => `${typeof id} ${String(id)}`;

/** [spec] Status 404 says so. */
export function isUnknownSession({ status, text }: HopError): boolean {
  return status === 404 || (status === 400 && saysUnknownSession(text));
}
