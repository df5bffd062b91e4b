// The session itself: its states, and the one close.
import { McpSseError } from '../errors.js';
import type { ConnectionWriter } from '../stream/connection-writer.js';
import { rejected } from '../util/promises.js';
import { encodeMessage, KEEP_ALIVE, type Frame } from '../wire/sse-encoder.js';
import {
  answeredId,
  errorResponseFor,
  isAnswer,
  isRequest,
  isResponse,
  RpcCode,
  type JsonRpcMessage,
  type JsonRpcResponse,
  type RequestId,
} from '../wire/json-rpc.js';
import { PendingRequests, type CallOptions } from './inbound/pending-requests.js';
import { Handshake, type ClientInfo } from './inbound/handshake.js';
import { Heartbeat, type PingRules } from './heartbeat.js';
import { Receiver, type ReceivingSession } from './inbound/receiver.js';
import type { ConnectionOwner } from './outbound/pump.js';
import { Sender } from './outbound/sender.js';
import type { RequestFacts } from './request-facts.js';
import type { ResumeStrategy } from './resume/resume-strategy.js';
import type { SessionObserver } from './session-observer.js';
import { SessionHandle } from './session-handle.js';
import { lazySessionClosed, sessionClosed } from './session-closed.js';
import type { CloseReason, Session, SessionLimits } from './session.js';
import { performance } from '../util/timers.js';
import type { UsageTally } from './events/usage.js';

/** The session itself: the log and its connection, the requests of both sides, one close. */
export class LiveSession<Data = unknown>
  implements Session<Data>, ReceivingSession, ConnectionOwner
{
  /** What the application gets of it. */
  readonly handle: SessionHandle<Data> = new SessionHandle<Data>(this);
  readonly receiver: Receiver;
  readonly sender: Sender;
  messagesIn = 0;
  messagesOut = 0;
  /** The address that opened it, as far as proxies are trusted; undefined on a Unix socket. */
  address: string | undefined;
  /** Whether `sunset` has let it in: it goes on for as long as it runs. */
  admitted = false;
  /** What `usage()` counts of it. */
  readonly usage: UsageTally = { userAgent: undefined, row: undefined, requests: 0 };
  /** Bytes of its running requests, its messages that wait or are kept, and its handshake. */
  heldBytes = 0;
  readonly #observer: SessionObserver<LiveSession<Data>>;
  readonly handshake: Handshake = new Handshake();
  readonly #pendingRequests = new PendingRequests();
  readonly heartbeat: Heartbeat = new Heartbeat();
  readonly #openedAt = performance.now();
  #lastActive = this.#openedAt;
  #state: Session['state'] = 'detached';
  #abort: AbortController | undefined;
  #finished: Promise<void> = Promise.resolve();
  #hasAnswered = false;
  /** Of the handshake, as it was reported. */
  #handshakeBytes = 0;
  /** When its stream was lost, until there is another one; and why the last one was. */
  #detachedAt: number | undefined;
  #detachReason: CloseReason = 'client-disconnected';

  constructor(
    readonly id: string,
    readonly principal: string | undefined,
    readonly data: Data,
    limits: SessionLimits,
    observer: SessionObserver<LiveSession<Data>>,
    resumeStrategy: ResumeStrategy,
  ) {
    this.#observer = observer;
    this.sender = new Sender(this, limits, resumeStrategy);
    this.receiver = new Receiver(this, limits.maxConcurrentRequests);
  }

  get state(): Session['state'] {
    return this.#state;
  }
  get clientInfo(): ClientInfo | undefined {
    return this.handshake.clientInfo;
  }
  get clientCapabilities(): Readonly<Record<string, unknown>> | undefined {
    return this.handshake.clientCapabilities;
  }
  get protocolVersion(): string | undefined {
    return this.handshake.protocolVersion;
  }
  get openedAt(): Date {
    return new Date(performance.timeOrigin + this.#openedAt);
  }
  get lastActiveAt(): Date {
    return new Date(performance.timeOrigin + this.#lastActive);
  }
  get bufferedBytes(): number {
    return this.sender.unwrittenBytes;
  }
  get inFlight(): number {
    return this.receiver.inFlight.size;
  }
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#state === 'closed') this.#abort.abort(sessionClosed());
    return this.#abort.signal;
  }

  /** How long ago it opened, had a message, a byte written, a ping, was detached: in ms at `now`. */
  ages(now: number): Record<'session' | 'message' | 'write' | 'ping' | 'detached', number> {
    return {
      session: now - this.#openedAt,
      message: now - this.#lastActive,
      write: now - (this.sender.writer?.lastWriteAt ?? now),
      ping: now - this.heartbeat.lastBeatAt,
      detached: now - (this.#detachedAt ?? now),
    };
  }

  /** Whether the client is sure to be one: it has sent `initialize`, or a request was answered. */
  get initialized(): boolean {
    return this.handshake.started || this.#hasAnswered;
  }

  /** Gives the session its first stream, or another one that goes on after `offset`. */
  attach(writer: ConnectionWriter, messageUrl: string, offset = 0): void {
    const resumed = this.#detachedAt !== undefined || this.sender.writer !== undefined;
    this.#state = 'open';
    this.#detachedAt = undefined;
    this.sender.attach(writer, offset, messageUrl);
    if (resumed) this.#observer.resumed(this);
  }

  send(message: JsonRpcMessage): Promise<void> {
    if (this.#state === 'closed') return this.#tooLate(message);
    let frame: Frame;
    try {
      frame = encodeMessage(message);
    } catch (error) {
      return this.#refuseToSend(message, McpSseError.from(error));
    }
    return this.sendFrame(message, frame);
  }

  /** `send` of a message that is encoded already: a broadcast encodes once. */
  sendFrame(message: JsonRpcMessage, frame: Frame): Promise<void> {
    // A `toJSON` in the message, or the filter of a broadcast, may have closed the session.
    if (this.#state === 'closed') return this.#tooLate(message);
    if (!this.sender.fits(frame)) {
      const full = new McpSseError('buffer-overflow', 'the reader is too slow: the buffer is full');
      this.fail(full);
      return rejected(sessionClosed(full));
    }
    const answered = answeredId(message);
    if (answered !== undefined) {
      if (this.handshake.sent(message)) this.sender.handshakeSent();
      this.#hasAnswered ||= this.receiver.inFlight.has(answered);
      this.receiver.inFlight.release(answered);
      this.#reportHandshake();
    }
    this.#lastActive = performance.now();
    const room = this.sender.send(message, frame);
    // After it, so that what a hook sends on this occasion goes out behind this message.
    this.messagesOut += 1;
    this.#observer.sent(this, message, frame.bytes);
    return room;
  }

  notify(method: string, params?: Record<string, unknown>): Promise<void> {
    return this.send({ jsonrpc: '2.0', method, ...(params && { params }) });
  }

  request(
    method: string,
    params?: Record<string, unknown>,
    options: CallOptions = {},
  ): Promise<Record<string, unknown>> {
    return this.#pendingRequests.call(method, params, options, (request) => this.send(request));
  }

  /** Shows proxies and the client that the stream lives, unless messages are about to. */
  keepAlive(): void {
    if (this.bufferedBytes === 0) void this.sender.writer?.write(KEEP_ALIVE);
  }

  /** Asks the client for a sign of life. */
  ping(rules: PingRules): void {
    const lastActive = this.#lastActive;
    this.heartbeat.beat(this, rules);
    this.#lastActive = lastActive; // A keep-alive is no activity.
  }

  close(reason: CloseReason = 'server-closed'): void {
    this.#end(reason, undefined);
  }

  /** Closes the session for an error, whose code is the reason. */
  fail(error: McpSseError): void {
    this.#end(error.code, error);
  }

  /** Resolves when the stream of a closed session has ended too. */
  finished(): Promise<void> {
    return this.#finished;
  }

  /** Ends the connection for an error: the session too, unless its client can come back. */
  dropConnection(error: McpSseError): void {
    this.sender.dropConnection(error);
  }

  /** The client did not come back in time. */
  expire(): void {
    this.#end(this.#detachReason, undefined);
  }

  heldBytesChanged(bytes: number): void {
    this.heldBytes += bytes;
    this.#observer.heldBytesChanged(this, bytes);
  }

  connectionStalled(writer: ConnectionWriter): void {
    this.#observer.stalled(this, writer);
  }

  connectionClosed(error: McpSseError | undefined): void {
    const reason = error ? error.code : 'client-disconnected';
    if (this.#state === 'closed') {
      // What a closing stream could not hand out any more is not lost in silence.
      if (error) this.#observer.failed(this, error);
    } else if (!this.sender.resumeStrategy.resumable) this.#end(reason, error);
    else {
      this.#state = 'detached';
      this.#detachedAt = performance.now();
      this.#detachReason = reason;
      if (error) this.#observer.failed(this, error);
      this.#observer.detached(this, reason);
    }
  }

  /** The one close: whatever ends a session calls it, and the first one counts. */
  #end(reason: CloseReason, error: McpSseError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const errorOf = lazySessionClosed(error);
    if (error) this.#observer.failed(this, error);
    if (this.inFlight > 0) this.#observer.discarded(this, this.inFlight);
    this.#finished = this.sender.end(reason, errorOf);
    this.#abort?.abort(errorOf());
    this.#pendingRequests.rejectAll(errorOf);
    this.receiver.close(errorOf);
    this.heldBytesChanged(-this.#handshakeBytes);
    this.#observer.closed(this, reason);
  }

  messageReceived(message: JsonRpcMessage, body?: RequestFacts): boolean {
    const initialized = this.handshake.received(message);
    this.#reportHandshake();
    this.messagesIn += 1;
    this.#observer.received(this, message, body);
    if (initialized) this.#observer.initialized(this);
    // A hook may have closed it.
    if (this.#state === 'closed') return false;
    if (isResponse(message) && this.#responseReceived(message)) return false;
    this.#lastActive = performance.now();
    return true;
  }

  #reportHandshake(): void {
    const { heldBytes } = this.handshake;
    const change = heldBytes - this.#handshakeBytes;
    this.#handshakeBytes = heldBytes;
    if (change !== 0) this.heldBytesChanged(change);
  }

  deliveryFailed(message: JsonRpcMessage, error: McpSseError): void {
    this.#observer.failed(this, error);
    if (isRequest(message)) this.#answerInternalError(message.id);
  }

  /** Whether the response answers a request of this package or of `session.request`. */
  #responseReceived(response: JsonRpcResponse): boolean {
    if (response.id != null) this.sender.answered(response.id);
    return this.#pendingRequests.takeResponse(response);
  }

  #tooLate(message: JsonRpcMessage): Promise<never> {
    // An unanswered request is counted when the session closes.
    if (!isAnswer(message)) this.#observer.discarded(this, 1);
    return rejected(sessionClosed());
  }

  /** The sender learns why; a client that waits for this answer gets an error instead. */
  #refuseToSend(message: JsonRpcMessage, error: McpSseError): Promise<never> {
    this.#observer.failed(this, error);
    // Only a text or a number: the answer for any other id could not be written either.
    const id = answeredId(message);
    if (id !== undefined) this.#answerInternalError(id);
    return rejected(error);
  }

  #answerInternalError(id: RequestId): void {
    void this.send(errorResponseFor(id, RpcCode.internalError, 'Internal error'));
  }
}
