// The outgoing half of a session: its log, its connection, and the client's acknowledgements.
import type { McpSseError } from '../../errors.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import { Pump, type PumpBounds, type ConnectionOwner, type PumpState } from './pump.js';
import type { Frame } from '../../wire/sse-encoder.js';
import { isRequest, type JsonRpcMessage, type RequestId } from '../../wire/json-rpc.js';
import type { ResumeClaim } from '../resume/resume-claim.js';
import type { ResumeStrategy, StrategyState } from '../resume/resume-strategy.js';
import { ABRUPT, type CloseReason } from '../session.js';

/** The most requests of the server whose answers count as acknowledgements; older ones do not. */
const MAX_ACKS = 256;
/** Time for a closing stream to send its queue. */
const FINISH_MS = 5_000;
const DONE = Promise.resolve();

/** The outgoing half of a session as plain data. */
export interface SenderState extends PumpState {
  readonly strategy: StrategyState;
  readonly acknowledged: number;
  readonly handshakeOffset: number;
  readonly acks: readonly (readonly [RequestId, number])[];
}

/** The outgoing half of a session: its log, its connection, and the client's acknowledgements. */
export class Sender {
  readonly resumeStrategy: ResumeStrategy;
  readonly #pump: Pump;
  /** By id of a request to the client: the offset that its answer acknowledges. */
  #acks: Map<RequestId, number> | undefined;
  #handshakeOffset = 0;
  /** The client has acknowledged everything up to here. */
  #acknowledgedOffset = 0;

  constructor(owner: ConnectionOwner, bounds: PumpBounds, resumeStrategy: ResumeStrategy) {
    this.#pump = new Pump(owner, bounds);
    this.resumeStrategy = resumeStrategy;
    if (resumeStrategy.resumable || resumeStrategy.undecided) this.#pump.startRetention();
  }

  /** The connection, while one is attached. */
  get writer(): ConnectionWriter | undefined {
    return this.#pump.writer;
  }

  /** Whether the client has closed its last connection with a FIN. */
  get closedByPeer(): boolean {
    return this.#pump.closedByPeer;
  }

  get unwrittenBytes(): number {
    return this.#pump.unwrittenBytes;
  }

  /** The offset that the next message gets. */
  get nextOffset(): number {
    return this.#pump.nextOffset;
  }

  /** The client has read all messages up to here, or they are dropped. */
  get readOffset(): number {
    return this.#pump.droppedOffset;
  }

  /**
   * The offset after which the client continues: its claim, or its last acknowledgement if that is
   * later. A cut between a request and its position leaves the client with a claim that is earlier
   * than its last answer.
   */
  resumeOffset(claim: ResumeClaim): number {
    if (claim.by === 'event-id') return claim.offset;
    if (claim.by === 'key') return this.#acknowledgedOffset;
    const handshake = this.resumeStrategy.undecided ? this.#handshakeOffset : 0;
    const told = this.resumeStrategy.offsetOf(claim.position) ?? 0;
    return Math.max(told, this.#acknowledgedOffset, handshake);
  }

  fits(frame: Frame): boolean {
    return this.#pump.fits(frame);
  }

  /** As `Session.send`, for a message that fits. */
  send(message: JsonRpcMessage, frame: Frame): Promise<void> {
    if (this.resumeStrategy.resumable && isRequest(message)) this.#awaitAck(message.id);
    return this.#pump.append(frame);
  }

  /** The answer to `initialize` is on its way. The client's next message acknowledges it. */
  handshakeSent(): void {
    this.#handshakeOffset = this.#pump.nextOffset;
  }

  /** The client has answered a request, so it has read everything up to it. */
  answered(id: RequestId): void {
    const offset = this.#acks?.get(id);
    if (offset === undefined) return;
    this.#acks?.delete(id);
    this.acknowledge(offset);
  }

  /** The client has read everything up to `offset`. */
  acknowledge(offset: number): void {
    this.#acknowledgedOffset = Math.max(
      this.#acknowledgedOffset,
      Math.min(offset, this.#pump.position),
    );
    this.#pump.acknowledge(offset);
  }

  /** Whether the client of `claim` can continue after `offset` without a gap. */
  canResume(claim: ResumeClaim, offset: number): boolean {
    const { resumable, undecided } = this.resumeStrategy;
    // The answer to a probe proves that the client can.
    const able = resumable || (undecided && claim.by === 'probe');
    return able && this.#pump.canResume(offset);
  }

  /** Continues after `offset` on a new connection. Its first event announces `messageUrl`. */
  attach(writer: ConnectionWriter, offset: number, messageUrl: string): void {
    const { resumeStrategy } = this;
    void writer.write(resumeStrategy.endpointEvent(messageUrl, offset));
    this.#pump.attach(writer, offset, resumeStrategy.decorate);
  }

  /** Continues on a connection of another sender, after the messages that it has written. */
  adopt(writer: ConnectionWriter): void {
    this.#pump.attach(writer, this.#pump.position, this.resumeStrategy.decorate);
  }

  /** Gives the connection nothing more, for good. */
  freeze(): void {
    this.#pump.freeze();
  }

  state(): SenderState {
    return {
      ...this.#pump.state(),
      strategy: this.resumeStrategy.state(),
      acknowledged: this.#acknowledgedOffset,
      handshakeOffset: this.#handshakeOffset,
      acks: [...(this.#acks ?? [])],
    };
  }

  restore(state: SenderState): void {
    this.#acknowledgedOffset = state.acknowledged;
    this.#handshakeOffset = state.handshakeOffset;
    if (state.acks.length > 0) this.#acks = new Map(state.acks);
    this.#pump.restore(state);
  }

  /** Sets whether the client can answer a probe, as its first message after `initialize` shows. */
  decide(canAnswerProbe: boolean): void {
    const { resumeStrategy } = this;
    if (!resumeStrategy.undecided) return;
    resumeStrategy.decide(canAnswerProbe);
    if (!resumeStrategy.resumable) this.#pump.stopRetention();
    if (!canAnswerProbe) return;
    this.acknowledge(this.#handshakeOffset);
    this.#pump.decorateWith(resumeStrategy.decorate);
    void this.writer?.write(
      resumeStrategy.retryEvent() + resumeStrategy.positionEvent(this.#pump.position),
    );
  }

  /** Ends the connection because of an error. The session decides what follows. */
  dropConnection(error: McpSseError): void {
    this.writer?.destroy(error);
  }

  /** Drops written messages. */
  releaseWritten(): void {
    this.#pump.releaseWritten();
  }

  /** Ends the connection, gracefully unless its client is gone. Resolves when it is closed. */
  end(reason: CloseReason, errorOf: () => McpSseError): Promise<void> {
    if (!ABRUPT.has(reason)) return this.#finish(errorOf);
    this.#abort(errorOf);
    return DONE;
  }

  /** As `end`, but drops unwritten messages: another sender has them. */
  async leave(): Promise<void> {
    const { writer } = this;
    if (this.resumeStrategy.acceptsRetry) void writer?.write(this.resumeStrategy.retryEvent());
    this.#pump.moved();
    this.#pump.clear();
    await writer?.end(FINISH_MS);
  }

  async #finish(errorOf: () => McpSseError): Promise<void> {
    if (this.resumeStrategy.acceptsRetry) void this.writer?.write(this.resumeStrategy.retryEvent());
    this.#pump.close(errorOf);
    await this.#pump.finish(FINISH_MS);
  }

  #abort(errorOf: () => McpSseError): void {
    this.#pump.close(errorOf);
    this.#pump.clear();
    this.writer?.destroy();
  }

  #awaitAck(id: RequestId): void {
    this.#acks ??= new Map();
    this.#acks.set(id, this.#pump.nextOffset);
    for (const oldest of this.#acks.keys()) {
      if (this.#acks.size <= MAX_ACKS) return;
      this.#acks.delete(oldest);
    }
  }
}
