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
import { EpochIds } from './handover/epoch-ids.js';
import type { SessionState } from './handover/session-state.js';
import { PendingRequests, type CallOptions } from './inbound/pending-requests.js';
import { Heartbeat, type PingRules } from './heartbeat.js';
import { Receiver, type ReceivingSession } from './inbound/receiver.js';
import type { ConnectionOwner } from './outbound/pump.js';
import { Sender } from './outbound/sender.js';
import type { RequestFacts } from './request-facts.js';
import type { ResumeStrategy } from './resume/resume-strategy.js';
import type { SessionObserver } from './session-observer.js';
import { SessionHandle } from './session-handle.js';
import { SessionRecord } from './session-record.js';
import { lazySessionClosed, sessionClosed } from './session-closed.js';
import type { CloseReason, Session, SessionLimits } from './session.js';
import { performance } from '../util/timers.js';

const FINISHED = Promise.resolve();

/**
 * The session itself: its states, its two halves, the requests of both sides, and the one close.
 */
export class LiveSession<Data = unknown>
  extends SessionRecord<Data>
  implements Session<Data>, ReceivingSession, ConnectionOwner
{
  /** The handle for the application. */
  readonly handle: SessionHandle<Data> = new SessionHandle<Data>(this);
  readonly receiver: Receiver;
  readonly sender: Sender;
  readonly #observer: SessionObserver<LiveSession<Data>>;
  readonly #ids: EpochIds;
  /** Made for the first one: most sessions have none. */
  #pendingRequests: PendingRequests | undefined;
  /** Made for the first ping. */
  heartbeat: Heartbeat | undefined;
  #state: Session['state'] = 'detached';
  #abort: AbortController | undefined;
  #finished = FINISHED;
  #hasAnswered = false;
  /** The bytes of the handshake in the last report. */
  #handshakeBytes = 0;

  constructor(
    id: string,
    principal: string | undefined,
    data: Data,
    limits: SessionLimits,
    observer: SessionObserver<LiveSession<Data>>,
    resumeStrategy: ResumeStrategy,
    restored?: SessionState,
  ) {
    super(id, principal, data, restored);
    this.#observer = observer;
    this.#ids = EpochIds.of(this.epoch);
    this.sender = new Sender(this, limits, resumeStrategy);
    this.receiver = new Receiver(this, limits.maxConcurrentRequests);
    // Answers to requests of its former nodes must not reach its server.
    this.#pendingRequests = restored && new PendingRequests(this.epoch);
    if (restored) this.sender.restore(restored.sender);
    this.#reportHandshake();
  }

  get state(): Session['state'] {
    return this.#state;
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

  /** Whether the client speaks MCP: it has sent `initialize`, or got an answer to a request. */
  get initialized(): boolean {
    return this.handshake.started || this.#hasAnswered;
  }

  /** Gives the session its first stream, or another one that continues after `offset`. */
  attach(writer: ConnectionWriter, messageUrl: string, offset = 0): void {
    const resumed = this.detachedAt !== undefined || this.sender.writer !== undefined;
    this.#state = 'open';
    this.detachedAt = undefined;
    this.sender.attach(writer, offset, messageUrl);
    if (resumed) this.#observer.resumed(this);
  }

  /** Continues on a connection that already has all messages that another node has sent. */
  adopt(writer: ConnectionWriter): void {
    this.#state = 'open';
    this.detachedAt = undefined;
    this.sender.adopt(writer);
  }

  send(message: JsonRpcMessage): Promise<void> {
    if (this.#state === 'closed') return this.#tooLate(message);
    let frame: Frame;
    try {
      frame = encodeMessage(this.#ids.outgoing(message));
    } catch (error) {
      return this.#refuseToSend(message, McpSseError.from(error));
    }
    return this.sendFrame(message, frame);
  }

  /** As `send`, for a message that is encoded already: a broadcast encodes once. */
  sendFrame(message: JsonRpcMessage, frame: Frame): Promise<void> {
    // A `toJSON` in the message, or the filter of a broadcast, may have closed the session.
    if (this.#state === 'closed') return this.#tooLate(message);
    const intercepted = this.intercept?.(message, frame);
    if (intercepted) return intercepted;
    if (!this.sender.fits(frame)) {
      const full = new McpSseError(
        'buffer-overflow',
        'the client reads too slowly: its unread messages would exceed limits.maxBufferedBytes',
      );
      this.fail(full);
      return rejected(sessionClosed(full));
    }
    const answered = answeredId(message);
    if (answered !== undefined) {
      if (this.handshake.sent(message)) this.sender.handshakeSent();
      this.#hasAnswered ||= this.receiver.inFlight.has(answered);
      this.receiver.inFlight.release(answered);
      this.calls?.answered(answered, this.sender.nextOffset);
      this.#reportHandshake();
    }
    this.calls?.sent(message);
    this.activeAt = performance.now();
    const room = this.sender.send(message, frame);
    // Only now: messages that the hook sends must go out behind this one.
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
    this.#pendingRequests ??= new PendingRequests(this.epoch);
    return this.#pendingRequests.call(method, params, options, (request) => this.send(request));
  }

  /** Writes a keep-alive comment, unless messages are waiting to be written. */
  keepAlive(): void {
    if (this.bufferedBytes === 0) void this.sender.writer?.write(KEEP_ALIVE);
  }

  /** Pings the client. */
  ping(rules: PingRules): void {
    const { activeAt } = this;
    (this.heartbeat ??= new Heartbeat()).beat(this, rules);
    this.activeAt = activeAt; // A keep-alive is no activity.
  }

  close(reason: CloseReason = 'server-closed'): void {
    this.#end(reason, undefined);
  }

  /** Closes the session because of an error. Its code is the reason. */
  fail(error: McpSseError): void {
    this.#end(error.code, error);
  }

  /** Resolves when the stream of the closed session has ended, too. */
  finished(): Promise<void> {
    return this.#finished;
  }

  /** Closes the session, because its client did not come back in time. */
  expire(): void {
    this.#end(this.detachReason, undefined);
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
    // The hand-over decides how the session ends.
    if (this.handOver?.frozen) return;
    if (this.#state === 'closed') {
      // Counts the messages that the closing stream could not send.
      if (error) this.#observer.failed(this, error);
    } else if (!this.sender.resumeStrategy.resumable) this.#end(reason, error);
    else {
      this.#state = 'detached';
      this.detachedAt = performance.now();
      this.detachReason = reason;
      this.calls?.detached();
      if (error) this.#observer.failed(this, error);
      this.#observer.detached(this, reason);
    }
  }

  /**
   * Ends the session here, because it continues on another node. Its stream drops unwritten
   * messages: the other node has them. The notes on its calls stay until it has begun there.
   */
  leave(node: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.calls?.leaves();
    this.#finished = this.sender.leave();
    this.#release(lazySessionClosed());
    this.#observer.handedOver(this, node);
  }

  /** The one close: every way to end a session calls it, and the first call counts. */
  #end(reason: CloseReason, error: McpSseError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const errorOf = lazySessionClosed(error);
    if (error) this.#observer.failed(this, error);
    if (this.inFlight > 0) this.#observer.discarded(this, this.inFlight);
    this.#finished = this.sender.end(reason, errorOf);
    this.calls?.closed(reason);
    this.#release(errorOf);
    this.#observer.closed(this, reason);
  }

  #release(errorOf: () => McpSseError): void {
    this.handOver?.ended();
    this.#abort?.abort(errorOf());
    this.#pendingRequests?.rejectAll(errorOf);
    this.receiver.close(errorOf);
    this.heldBytesChanged(-this.#handshakeBytes);
  }

  messageReceived(message: JsonRpcMessage, body?: RequestFacts): JsonRpcMessage | undefined {
    const initialized = this.handshake.received(message);
    this.#reportHandshake();
    this.messagesIn += 1;
    this.#observer.received(this, message, body);
    if (initialized) this.#observer.initialized(this);
    // A hook may have closed it.
    if (this.#state === 'closed') return undefined;
    if (isResponse(message) && this.#responseReceived(message)) return undefined;
    this.calls?.received(message);
    this.activeAt = performance.now();
    return this.#ids.incoming(message);
  }

  #reportHandshake(): void {
    const change = this.handshake.heldBytes - this.#handshakeBytes;
    this.#handshakeBytes += change;
    if (change !== 0) this.heldBytesChanged(change);
  }

  deliveryFailed(message: JsonRpcMessage, error: McpSseError): void {
    this.#observer.failed(this, error);
    if (isRequest(message)) this.#answerInternalError(message.id);
  }

  /** Whether the response answers a request of this package or of `session.request`. */
  #responseReceived(response: JsonRpcResponse): boolean {
    if (response.id != null) this.sender.answered(response.id);
    return this.#pendingRequests?.takeResponse(response) ?? false;
  }

  #tooLate(message: JsonRpcMessage): Promise<never> {
    // The close has counted the unanswered requests already.
    if (!isAnswer(message)) this.#observer.discarded(this, 1);
    return rejected(sessionClosed());
  }

  /** Rejects the `send`. A client that waits for this answer gets an error instead. */
  #refuseToSend(message: JsonRpcMessage, error: McpSseError): Promise<never> {
    this.#observer.failed(this, error);
    // Only a string or a number: an error for any other id could not be serialized either.
    const id = answeredId(message);
    if (id !== undefined) this.#answerInternalError(id);
    return rejected(error);
  }

  #answerInternalError(id: RequestId): void {
    void this.send(errorResponseFor(id, RpcCode.internalError, 'Internal error'));
  }
}
