import type { McpSseError } from '../../errors.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import { Pump, type PumpBounds, type PumpOwner } from './pump.js';
import type { Frame } from '../../wire/sse-encoder.js';
import { isRequest, type JsonRpcMessage, type RequestId } from '../../wire/json-rpc.js';
import type { Road } from '../resume/resume-strategy.js';

/** Requests of the server whose answers are awaited as proof of reading; older ones prove less. */
const PROOFS = 256;

/** What an outlet tells its session. */
export interface OutletOwner {
  /** The connection is gone; without an error when it was the peer. */
  outletLost(error: McpSseError | undefined): void;
  /** A write had to wait for the reader, and the wait is over. */
  outletStalled(writer: ConnectionWriter): void;
  /** So many bytes more, or less, are kept for a client that may come back. */
  outletHolds(bytes: number): void;
}

/** The outgoing half of a session: its log, its connection, and the client's road back. */
export class Outlet implements PumpOwner {
  readonly road: Road;
  readonly #owner: OutletOwner;
  readonly #pump: Pump;
  /** By the id of a request to the client: the offset that its answer proves to be read. */
  #proofs: Map<RequestId, number> | undefined;
  #handshakeOffset = 0;
  /** The client has shown that it has read everything up to here. */
  #provenOffset = 0;

  constructor(owner: OutletOwner, bounds: PumpBounds, road: Road) {
    this.#owner = owner;
    this.#pump = new Pump(this, bounds);
    this.road = road;
    if (road.leadsBack || road.undecided) this.#pump.retain();
  }

  /** The connection, while one is attached. */
  get writer(): ConnectionWriter | undefined {
    return this.#pump.writer;
  }

  get unwrittenBytes(): number {
    return this.#pump.unwrittenBytes;
  }

  /**
   * Where a client goes on that says it has stopped at `told`, or cannot say: after what it has
   * surely read. A cut between a request and its position makes it say less than it has answered.
   */
  resumeOffset(told = 0): number {
    return Math.max(told, this.#provenOffset);
  }

  fits(frame: Frame): boolean {
    return this.#pump.fits(frame);
  }

  /** As `Session.send`, for a message that fits. */
  send(message: JsonRpcMessage, frame: Frame): Promise<void> {
    if (this.road.leadsBack && isRequest(message)) this.#awaitProof(message.id);
    return this.#pump.append(frame);
  }

  /** The answer to `initialize` is on its way: the client has read it when it goes on. */
  handshakeSent(): void {
    this.#handshakeOffset = this.#pump.nextOffset;
  }

  /** An answer of the client: it has read everything up to the request. */
  answered(id: RequestId): void {
    const offset = this.#proofs?.get(id);
    if (offset === undefined) return;
    this.#proofs?.delete(id);
    this.acknowledge(offset);
  }

  /** The client has read everything up to `offset`. */
  acknowledge(offset: number): void {
    this.#provenOffset = Math.max(this.#provenOffset, Math.min(offset, this.#pump.position));
    this.#pump.acknowledge(offset);
  }

  canResume(offset: number): boolean {
    return this.road.leadsBack && this.#pump.canResume(offset);
  }

  /** Goes on after `offset` on a new connection, which is told `announced` first. */
  attach(writer: ConnectionWriter, offset: number, announced: string): void {
    const { road } = this;
    void writer.write(road.endpointEvent(announced, offset));
    this.#pump.attach(writer, offset, road.marking);
  }

  /** What the client's first message after `initialize` shows: whether it can answer a probe. */
  decide(canAnswerProbe: boolean): void {
    const { road } = this;
    if (!road.undecided) return;
    road.decide(canAnswerProbe);
    if (!road.leadsBack) this.#pump.forget();
    if (!canAnswerProbe) return;
    this.acknowledge(this.#handshakeOffset);
    this.#pump.markWith(road.marking);
    void this.writer?.write(road.retryEvent() + road.positionEvent(this.#pump.position));
  }

  /** Ends the connection for an error; the session decides what follows. */
  drop(error: McpSseError): void {
    this.writer?.destroy(error);
  }

  /** Lets go of what is kept of the written messages. */
  releaseWritten(): void {
    this.#pump.shrink();
  }

  /** Ends the connection in good order within `timeoutMs`; resolves when it is closed. */
  async finish(closed: McpSseError, timeoutMs: number): Promise<void> {
    if (this.road.takesRetry) void this.writer?.write(this.road.retryEvent());
    this.#pump.close(closed);
    await this.#pump.finish(timeoutMs);
  }

  /** Ends the connection now. */
  abort(closed: McpSseError): void {
    this.#pump.close(closed);
    this.#pump.clear();
    this.writer?.destroy();
  }

  pumpLost(error: McpSseError | undefined): void {
    this.#owner.outletLost(error);
  }

  pumpStalled(writer: ConnectionWriter): void {
    this.#owner.outletStalled(writer);
  }

  pumpHolds(bytes: number): void {
    this.#owner.outletHolds(bytes);
  }

  #awaitProof(id: RequestId): void {
    this.#proofs ??= new Map();
    this.#proofs.set(id, this.#pump.nextOffset);
    for (const oldest of this.#proofs.keys()) {
      if (this.#proofs.size <= PROOFS) return;
      this.#proofs.delete(oldest);
    }
  }
}
