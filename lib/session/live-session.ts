import { McpSseError } from '../errors.js';
import { ConnectionWriter, type WritableResponse } from '../stream/connection-writer.js';
import { Pump, type PumpOwner } from '../stream/pump.js';
import { unawaited } from '../stream/unawaited.js';
import { encodeMessage, KEEP_ALIVE, type Frame } from '../wire/event-stream.js';
import {
  cancelledRequest,
  errorResponseFor,
  isRequest,
  isResponse,
  RpcCode,
  type JsonRpcMessage,
  type JsonRpcResponse,
} from '../wire/json-rpc.js';
import { ClientCalls, type CallOptions } from './client-calls.js';
import { Handshake, type ClientInfo } from './handshake.js';
import { Heartbeat } from './heartbeat.js';
import { InFlight } from './in-flight.js';
import type { RequestFacts } from './request-facts.js';
import type {
  CloseReason,
  MessageSink,
  Session,
  SessionLimits,
  SessionObserver,
} from './session.js';

/** How long a closing stream may take to hand out what is already sent. */
const FINISH_MS = 5_000;
const DONE = Promise.resolve();

/** After these there is nobody left to hand anything to. */
const ABRUPT: ReadonlySet<CloseReason> = new Set([
  'client-disconnected',
  'reader-stalled',
  'buffer-overflow',
  'write-failed',
  'ping-timeout',
]);

/** The session itself: the log and its connection, the requests of both sides, one close. */
export class LiveSession<Data = unknown> implements Session<Data>, PumpOwner {
  readonly inFlightRequests: InFlight;
  readonly #limits: SessionLimits;
  readonly #observer: SessionObserver<Data>;
  readonly #pump: Pump;
  readonly #handshake = new Handshake();
  readonly #clientCalls = new ClientCalls();
  readonly #heartbeat = new Heartbeat();
  readonly #openedAt = performance.now();
  #lastActive = this.#openedAt;
  #state: Session['state'] = 'detached';
  #sink: MessageSink | undefined;
  #abort: AbortController | undefined;
  #finished: Promise<void> = DONE;

  constructor(
    readonly id: string,
    readonly principal: string | undefined,
    readonly data: Data,
    limits: SessionLimits,
    observer: SessionObserver<Data>,
  ) {
    this.#limits = limits;
    this.#observer = observer;
    this.#pump = new Pump(this, limits.bufferedBytes);
    this.inFlightRequests = new InFlight(limits.inFlight);
  }

  get state(): Session['state'] {
    return this.#state;
  }
  get clientInfo(): ClientInfo | undefined {
    return this.#handshake.clientInfo;
  }
  get clientCapabilities(): Readonly<Record<string, unknown>> | undefined {
    return this.#handshake.clientCapabilities;
  }
  get protocolVersion(): string | undefined {
    return this.#handshake.protocolVersion;
  }
  get openedAt(): Date {
    return new Date(performance.timeOrigin + this.#openedAt);
  }
  get lastActiveAt(): Date {
    return new Date(performance.timeOrigin + this.#lastActive);
  }
  get bufferedBytes(): number {
    return this.#pump.unwrittenBytes;
  }
  get inFlight(): number {
    return this.inFlightRequests.size;
  }
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#state === 'closed') this.#abort.abort(closedError());
    return this.#abort.signal;
  }

  /** How long ago it opened, had a message, had a byte written, sent a ping: in ms at `now`. */
  ages(now: number): { session: number; message: number; write: number; ping: number } {
    return {
      session: now - this.#openedAt,
      message: now - this.#lastActive,
      write: now - (this.#pump.writer?.lastWriteAt ?? now),
      ping: now - this.#heartbeat.lastBeatAt,
    };
  }

  get initialized(): boolean {
    return this.#handshake.begun;
  }

  /** Who gets the client's messages; set before the stream is attached. */
  serveWith(sink: MessageSink): void {
    this.#sink = sink;
  }

  /** Gives the session its stream: `first` goes out before any message. */
  attach(response: WritableResponse, first: string): void {
    const { bufferedBytes, stallTimeoutMs } = this.#limits;
    const writer = new ConnectionWriter(response, {
      bufferedBytes,
      stallTimeoutMs,
      observer: this.#pump,
    });
    this.#state = 'open';
    void writer.write(first);
    this.#pump.attach(writer);
  }

  /**
   * Takes the messages of one POST, all or none, and passes them on in order.
   *
   * @throws McpSseError as `InFlight.admit`; `session-not-found` when the session has closed.
   */
  receive(messages: readonly JsonRpcMessage[], facts: RequestFacts): void {
    if (this.#state === 'closed') throw new McpSseError('session-not-found', 'no such session');
    this.inFlightRequests.admit(messages);
    for (const message of messages) this.#deliver(message, facts);
  }

  send(message: JsonRpcMessage): Promise<void> {
    const answered = isAnswer(message);
    if (this.#state === 'closed') {
      // An unanswered request is counted when the session closes.
      if (!answered) this.#observer.discarded(this, 1);
      return refused(closedError());
    }
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
    if (this.#state === 'closed') return refused(closedError());
    if (!this.#pump.fits(frame)) {
      const full = new McpSseError('buffer-overflow', 'the reader is too slow: the buffer is full');
      this.fail(full);
      return refused(closedError(full));
    }
    if (isAnswer(message)) {
      this.#handshake.sent(message);
      if (message.id != null) this.inFlightRequests.release(message.id);
    }
    this.#lastActive = performance.now();
    const room = this.#pump.append(frame);
    // After it, so that what a hook sends on this occasion goes out behind this message.
    this.#observer.sent(this, message);
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
    return this.#clientCalls.call(method, params, options, (request) => this.send(request));
  }

  /** Shows proxies and the client that the stream lives, unless messages are about to. */
  keepAlive(): void {
    if (this.bufferedBytes === 0) void this.#pump.writer?.write(KEEP_ALIVE);
  }

  /** Asks the client for a sign of life. */
  ping(timeoutMs: number): void {
    const lastActive = this.#lastActive;
    this.#heartbeat.beat(this, timeoutMs);
    this.#lastActive = lastActive; // A keep-alive is no activity.
  }

  close(reason: CloseReason = 'closed'): void {
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

  /** Destroys a stream that is still handing out what was sent before the close. */
  abandon(error?: McpSseError): void {
    this.#pump.writer?.destroy(error);
  }

  pumpLost(error: McpSseError | undefined): void {
    // What a closing stream could not hand out any more is not lost in silence.
    if (error && this.#isClosed()) this.#observer.failed(this, error);
    this.#end(error ? error.code : 'client-disconnected', error);
  }

  /** The one close: every road to the end of a session leads here, and the first one counts. */
  #end(reason: CloseReason, error: McpSseError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const closed = closedError(error);
    if (error) this.#observer.failed(this, error);
    if (this.inFlight > 0) this.#observer.discarded(this, this.inFlight);
    this.#finished = this.#finish(reason);
    this.#abort?.abort(closed);
    this.inFlightRequests.cancelAll(closed);
    this.#clientCalls.rejectAll(closed);
    this.#pump.close(closed);
    this.#sink?.closed();
    this.#observer.closed(this, reason);
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #finish(reason: CloseReason): Promise<void> {
    if (!ABRUPT.has(reason)) return this.#pump.finish(FINISH_MS);
    this.abandon();
    return DONE;
  }

  #deliver(message: JsonRpcMessage, facts: RequestFacts): void {
    // An earlier member of the batch, or a hook, may have closed the session.
    if (this.#isClosed()) return;
    this.#handshake.received(message);
    this.#observer.received(this, message);
    if (this.#isClosed()) return;
    if (isResponse(message) && this.#clientCalls.settle(message)) return;
    this.#lastActive = performance.now();
    try {
      this.#sink?.receive(message, facts);
    } catch (error) {
      this.#observer.failed(this, McpSseError.from(error, 'server-failed'));
      if (isRequest(message)) this.#apologise(message.id);
    }
    // After the sink: an SDK server aborts the handler by itself and answers no more.
    const cancelled = cancelledRequest(message);
    if (cancelled !== undefined) this.inFlightRequests.cancel(cancelled, cancellation());
  }

  /** The sender learns why; a client that waits for this answer gets an error instead. */
  #refuseToSend(message: JsonRpcMessage, error: McpSseError): Promise<never> {
    this.#observer.failed(this, error);
    if (isAnswer(message) && message.id != null) this.#apologise(message.id);
    return refused(error);
  }

  #apologise(id: string | number): void {
    const { internalError } = RpcCode;
    void this.send(errorResponseFor(id, internalError, 'Internal error'));
  }
}

/** Like `isResponse`, for a value that the application made and nobody has checked. */
function isAnswer(message: JsonRpcMessage): message is JsonRpcResponse {
  return isObject(message) && isResponse(message) && 'id' in message;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

const cancellation = (): McpSseError =>
  new McpSseError('request-cancelled', 'the client has cancelled the request');

function closedError(cause?: unknown): McpSseError {
  return new McpSseError('session-closed', 'the session is closed', { cause });
}

function refused(error: McpSseError): Promise<never> {
  return unawaited(Promise.reject(error));
}
