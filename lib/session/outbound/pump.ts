// Moves messages from the log, at the cursor, into the writer.
import type { McpSseError } from '../../errors.js';
import type { Frame } from '../../wire/sse-encoder.js';
import type { ConnectionWriter, WriterObserver } from '../../stream/connection-writer.js';
import { ReplayLog } from './replay-log.js';
import { ignoreRejection } from '../../util/promises.js';

/** With this much unwritten, `send` waits. */
const HIGH_WATER_BYTES = 64 * 1024;
/** While a connection is attached, held bytes are reported in steps of this size. */
const REPORT_BYTES = 1024;
const DONE = Promise.resolve();

/** Receives the events of the connection and the log. Methods must not throw. */
export interface ConnectionOwner {
  /** The connection is closed. `error` is undefined if the client or `finish()` has closed it. */
  connectionClosed(error: McpSseError | undefined): void;
  /** A write had to wait for the client, and the wait is over. */
  connectionStalled(writer: ConnectionWriter): void;
  /** Waiting and kept messages take `bytes` of memory more, or fewer if negative. */
  heldBytesChanged(bytes: number): void;
}

export interface PumpBounds {
  /** Bytes that may wait while a connection is attached. */
  readonly maxBufferedBytes: number;
  /** Messages and bytes that are kept for a client that may come back. */
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** The kept and waiting messages, as plain data. */
export interface PumpState {
  /** The offset of the first of the frames. */
  readonly first: number;
  /** The offset of the last message that the connection was given. */
  readonly position: number;
  readonly frames: readonly string[];
}

/** Adds to a frame what its client needs to resume, by its offset in the log. */
export type Decorate = (frame: Frame, offset: number) => Frame;

/**
 * Moves messages from the log, at the connection's cursor, into its writer, while that has room.
 * Without a connection messages wait in the log. Live and replayed messages take the same path, so
 * they cannot race.
 */
export class Pump implements WriterObserver {
  /** Whether the client has closed its last connection with a FIN. */
  closedByPeer = false;
  readonly #owner: ConnectionOwner;
  readonly #bounds: PumpBounds;
  readonly #log = new ReplayLog();
  #writer: ConnectionWriter | undefined;
  #decorate: Decorate | undefined;
  /** Whether messages stay in the log after they are written, for a replay. */
  #retains = false;
  /** Whether the writer gets nothing more. */
  #frozen = false;
  /** The offset that goes to the writer next. */
  #cursor = 1;
  #waitingBytes = 0;
  #reportedBytes = 0;
  /** The one promise of all producers that wait for room. */
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

  /** The last dropped offset: the client has read it, or the bounds left no room. */
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

  /** Takes a message. Resolves once less than the high-water mark waits. */
  append(frame: Frame): Promise<void> {
    if (this.#writer && !this.#retains && this.#log.size === 0)
      this.#bypassLog(this.#writer, frame);
    else this.#keep(frame);
    this.#reportHeld();
    if (this.unwrittenBytes < HIGH_WATER_BYTES) return DONE;
    this.#room ??= new Room();
    return this.#room.promise;
  }

  /** Keeps messages after they are written, until `acknowledge` or the bounds drop them. */
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

  /** The client has read everything up to `offset`, so it will not ask for it again. */
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

  /** Another pump has the messages: producers need not wait for room any more. */
  moved(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Takes no more messages, and rejects producers that wait for room. */
  close(errorOf: () => McpSseError): void {
    this.#room?.reject(errorOf());
    this.#room = undefined;
  }

  /**
   * Hands the rest to the writer and ends the connection, gracefully for `timeoutMs`. Resolves when
   * it is closed.
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

  /** Only the attached connection calls this: one that was replaced is closed. */
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
   * Writes without the log. A session that cannot be resumed never needs a message twice, and the
   * writer's queue joins messages that the log would keep apart.
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
    // Without resumption no client asks for a written message.
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
    // `fits` bounds the messages that wait for an attached connection.
    return this.#cursor - first > maxEvents || bytes - this.#waitingBytes > maxBytes;
  }

  /**
   * Reports the held bytes. While a connection is attached, it reports only steps of 1 KiB and the
   * return to zero: a message that passes through is not worth a report.
   */
  #reportHeld(): void {
    const held = this.#log.memory + (this.#writer?.ownBytes ?? 0);
    const change = held - this.#reportedBytes;
    if (change === 0 || (this.#writer && held > 0 && Math.abs(change) < REPORT_BYTES)) return;
    this.#reportedBytes = held;
    this.#owner.heldBytesChanged(change);
  }
}

/** A promise that all producers share. */
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
