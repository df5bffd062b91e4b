// Moves messages from the log, at the cursor, into the writer.
import type { McpSseError } from '../../errors.js';
import type { Frame } from '../../wire/sse-encoder.js';
import type { ConnectionWriter, WriterObserver } from '../../stream/connection-writer.js';
import { ReplayLog } from './replay-log.js';
import { ignoreRejection } from '../../util/promises.js';

/** A producer that awaits its sends is held once this much lies unwritten. */
const HIGH_WATER_BYTES = 64 * 1024;
/** While a connection is attached, held bytes are reported in steps of this size. */
const REPORT_BYTES = 1024;
const DONE = Promise.resolve();

/** Receives what becomes of the connection and the log. Methods must not throw. */
export interface ConnectionOwner {
  /** The connection is gone. `error` is undefined if the client closed it, or `finish()`. */
  connectionClosed(error: McpSseError | undefined): void;
  /** A write had to wait for the reader, and the wait is over. */
  connectionStalled(writer: ConnectionWriter): void;
  /** Waiting and kept messages take `bytes` of memory more, or fewer if negative. */
  heldBytesChanged(bytes: number): void;
}

export interface PumpBounds {
  /** Bytes that may wait while a connection is attached. */
  readonly maxBufferedBytes: number;
  /** Messages and bytes that are kept for a client that comes back. */
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** What is kept and what waits, as plain data. */
export interface PumpState {
  /** The offset of the first of the frames. */
  readonly first: number;
  /** The offset of the last message that the connection was given. */
  readonly position: number;
  readonly frames: readonly string[];
}

/** What a frame becomes on this connection, by its offset in the log. */
export type Decorate = (frame: Frame, offset: number) => Frame;

/**
 * Moves messages from the log, at the connection's cursor, into its writer, as far as there is
 * room. A message that arrives while no connection is attached waits in the log; nothing else differs
 * between live and replayed, so the two cannot race.
 */
export class Pump implements WriterObserver {
  /** Whether the peer of the last connection has closed it in good order. */
  closedByPeer = false;
  readonly #owner: ConnectionOwner;
  readonly #bounds: PumpBounds;
  readonly #log = new ReplayLog();
  #writer: ConnectionWriter | undefined;
  #decorate: Decorate | undefined;
  /** Whether messages stay in the log after they are written, for a replay. */
  #retains = false;
  /** Nothing goes to the writer. */
  #frozen = false;
  /** The offset that goes to the writer next. */
  #cursor = 1;
  #waitingBytes = 0;
  #reportedBytes = 0;
  /** What all producers that wait for room share: one promise, however many they are. */
  #room: Room | undefined;

  constructor(owner: ConnectionOwner, bounds: PumpBounds) {
    this.#owner = owner;
    this.#bounds = bounds;
  }

  /** The connection, while one is attached. */
  get writer(): ConnectionWriter | undefined {
    return this.#writer;
  }

  /** The offset of the last message that the connection was given. */
  get position(): number {
    return this.#cursor - 1;
  }

  /** The offset that the next message gets. */
  get nextOffset(): number {
    return this.#log.next;
  }

  /** The last offset that is kept no more, since the client has read it or the bounds wanted it. */
  get droppedOffset(): number {
    return this.#log.first - 1;
  }

  /** Bytes appended and not yet handed to a socket. */
  get unwrittenBytes(): number {
    return this.#waitingBytes + (this.#writer?.bufferedBytes ?? 0);
  }

  /** Whether `frame` may wait here: it is within the bounds, or nothing else waits. */
  fits(frame: Frame): boolean {
    const { unwrittenBytes } = this;
    if (unwrittenBytes === 0) return true;
    const { maxBufferedBytes, maxBytes, maxEvents } = this.#bounds;
    if (!this.#retains) return unwrittenBytes + frame.bytes <= maxBufferedBytes;
    // A replay may be as large as what is kept.
    if (this.#writer) return unwrittenBytes + frame.bytes <= Math.max(maxBufferedBytes, maxBytes);
    const waiting = this.#log.next - this.#cursor;
    return unwrittenBytes + frame.bytes <= maxBytes && waiting < maxEvents;
  }

  /** Takes a message. Resolves at once, or when less than the high-water mark waits again. */
  append(frame: Frame): Promise<void> {
    if (this.#writer && !this.#retains && this.#log.size === 0)
      this.#bypassLog(this.#writer, frame);
    else this.#keep(frame);
    this.#reportHeld();
    if (this.unwrittenBytes < HIGH_WATER_BYTES) return DONE;
    this.#room ??= new Room();
    return this.#room.promise;
  }

  /** Keeps what is written from now on, until `acknowledge` or the bounds let it go. */
  startRetention(): void {
    this.#retains = true;
  }

  /** Drops written messages; unwritten ones stay. */
  releaseWritten(): void {
    this.#log.trim(this.#cursor);
    this.#reportHeld();
  }

  /** Keeps messages from now on only until they are written. */
  stopRetention(): void {
    this.releaseWritten();
    this.#retains = false;
  }

  /** The client has everything up to `offset`: it will not ask for it again. */
  acknowledge(offset: number): void {
    this.#log.trim(Math.min(offset + 1, this.#cursor));
    this.#reportHeld();
  }

  /** Whether a connection can go on after `offset` without a gap. */
  canResume(offset: number): boolean {
    return offset + 1 >= this.#log.first && offset < this.#log.next;
  }

  /**
   * Gives messages to `writer` from now on, beginning with the one after `offset`. An earlier
   * connection gets nothing more.
   */
  attach(writer: ConnectionWriter, offset = 0, decorate?: Decorate): void {
    const before = this.#writer;
    this.#writer = writer;
    this.#decorate = decorate;
    writer.observer = this;
    before?.destroy();
    this.#cursor = Math.max(offset + 1, this.#log.first);
    this.#waitingBytes = this.#log.bytesFrom(this.#cursor);
    this.#fill();
    this.#reportHeld();
  }

  /** Gives the connection nothing more, for good. */
  freeze(): void {
    this.#frozen = true;
  }

  state(): PumpState {
    const frames: string[] = [];
    for (let offset = this.#log.first; offset < this.#log.next; offset += 1) {
      frames.push(this.#log.at(offset)?.text ?? '');
    }
    return { first: this.#log.first, position: this.position, frames };
  }

  /** Continues from the state of another pump; only before anything was appended. */
  restore({ first, position, frames }: PumpState): void {
    this.#log.startAt(first);
    for (const text of frames) this.#log.append({ text, bytes: Buffer.byteLength(text) });
    this.#cursor = position + 1;
    this.#waitingBytes = this.#log.bytesFrom(this.#cursor);
    this.#reportHeld();
  }

  /** Changes how frames are decorated from now on. */
  decorateWith(decorate: Decorate | undefined): void {
    this.#decorate = decorate;
  }

  /** Another pump has what was taken: producers that wait for room need wait no more. */
  moved(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Takes no more messages: producers that wait for room learn why. */
  close(errorOf: () => McpSseError): void {
    this.#room?.reject(errorOf());
    this.#room = undefined;
  }

  /**
   * Hands what is left to the writer and ends the connection, gracefully for `timeoutMs`.
   * Resolves when it is closed.
   */
  async finish(timeoutMs: number): Promise<void> {
    const writer = this.#writer;
    while (writer && !writer.closed && this.#moveOne(writer));
    this.clear();
    await writer?.end(timeoutMs);
  }

  /** Drops everything. */
  clear(): void {
    this.#cursor = this.#log.next;
    this.#waitingBytes = 0;
    this.stopRetention();
  }

  /** Only the attached connection calls this: one that was replaced is closed and says nothing. */
  writerHasRoom(): void {
    if (this.#waitingBytes > 0) this.#fill();
    this.#reportHeld();
    if (this.unwrittenBytes >= HIGH_WATER_BYTES) return;
    this.#room?.resolve();
    this.#room = undefined;
  }

  writerStalled(writer: ConnectionWriter): void {
    this.#owner.connectionStalled(writer);
  }

  /** The end of a connection that was replaced does not matter. */
  writerClosed(error: McpSseError | undefined, writer: ConnectionWriter): void {
    if (writer !== this.#writer) return;
    this.#writer = undefined;
    this.#reportHeld();
    this.closedByPeer = writer.closedByPeer;
    this.#owner.connectionClosed(error);
  }

  /**
   * Writes past the log. A session that cannot be resumed never needs a message twice, and the
   * writer's queue can join early what the log has to keep apart.
   */
  #bypassLog(writer: ConnectionWriter, frame: Frame): void {
    this.#log.skip();
    this.#writeToConnection(writer, frame);
  }

  #keep(frame: Frame): void {
    this.#log.append(frame);
    this.#waitingBytes += frame.bytes;
    if (this.#writer) this.#fill();
    else this.#trimToBounds();
  }

  #writeToConnection(writer: ConnectionWriter, frame: Frame): void {
    writer.push(this.#decorate ? this.#decorate(frame, this.#cursor) : frame);
    this.#cursor += 1;
  }

  #fill(): void {
    const writer = this.#writer;
    while (!this.#frozen && writer?.hasRoom && !writer.closed && this.#moveOne(writer));
  }

  #moveOne(writer: ConnectionWriter): boolean {
    const frame = this.#log.at(this.#cursor);
    if (!frame) return false;
    this.#writeToConnection(writer, frame);
    this.#waitingBytes -= frame.bytes;
    // Without resumption nothing is wanted again once the writer has it.
    if (this.#retains) this.#trimToBounds();
    else this.#log.trim(this.#cursor);
    return true;
  }

  /** Drops the oldest written messages until the session is within its bounds. */
  #trimToBounds(): void {
    while (this.#log.first < this.#cursor && this.#keepsTooMuch())
      this.#log.trim(this.#log.first + 1);
  }

  #keepsTooMuch(): boolean {
    const { maxEvents, maxBytes } = this.#bounds;
    const { first, size, bytes } = this.#log;
    if (!this.#writer) return size > maxEvents || bytes > maxBytes;
    // What waits for a connection that is attached has a bound of its own.
    return this.#cursor - first > maxEvents || bytes - this.#waitingBytes > maxBytes;
  }

  /**
   * Reports the held bytes. While a connection is attached, only steps of 1 KiB and the return to
   * zero are reported: a message on its way through is not worth a report.
   */
  #reportHeld(): void {
    const held = this.#log.memory + (this.#writer?.ownBytes ?? 0);
    const change = held - this.#reportedBytes;
    if (change === 0 || (this.#writer && held > 0 && Math.abs(change) < REPORT_BYTES)) return;
    this.#reportedBytes = held;
    this.#owner.heldBytesChanged(change);
  }
}

/** Settles once for all who wait. */
class Room {
  readonly promise: Promise<void>;
  resolve!: () => void;
  reject!: (error: McpSseError) => void;

  constructor() {
    this.promise = ignoreRejection(
      new Promise((resolve, reject) => {
        this.resolve = resolve;
        this.reject = reject;
      }),
    );
  }
}
