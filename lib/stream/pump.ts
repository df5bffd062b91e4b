import type { McpSseError } from '../errors.js';
import type { Frame } from '../wire/event-stream.js';
import type { ConnectionWriter, WriterObserver } from './connection-writer.js';
import { MessageLog } from './message-log.js';
import { unawaited } from './unawaited.js';

/** A producer that awaits its sends is held once this much lies unwritten. */
const HIGH_WATER_BYTES = 64 * 1024;

/** Told once that the connection is gone; without an error when it was the peer or `finish()`. */
export interface PumpOwner {
  pumpLost(error: McpSseError | undefined): void;
}

const DONE = Promise.resolve();

/**
 * Moves messages from the log, at the connection's cursor, into its writer, as far as there is
 * room. A message that arrives while nobody is attached waits in the log; nothing else differs
 * between live and late, so the two cannot race.
 */
export class Pump implements WriterObserver {
  readonly #owner: PumpOwner;
  readonly #bufferedBytes: number;
  readonly #log = new MessageLog();
  #writer: ConnectionWriter | undefined;
  /** The offset that goes to the writer next. */
  #cursor = 1;
  #waitingBytes = 0;
  /** Producers that wait for room. */
  #producers: { resolve: () => void; reject: (error: McpSseError) => void }[] = [];

  constructor(owner: PumpOwner, bufferedBytes: number) {
    this.#owner = owner;
    this.#bufferedBytes = bufferedBytes;
  }

  get writer(): ConnectionWriter | undefined {
    return this.#writer;
  }

  /** Bytes appended and not yet handed to a socket. */
  get unwrittenBytes(): number {
    return this.#waitingBytes + (this.#writer?.queuedBytes ?? 0);
  }

  /** Whether `frame` may wait here: within the bound, or with nothing else before it. */
  fits(frame: Frame): boolean {
    const { unwrittenBytes } = this;
    return unwrittenBytes === 0 || unwrittenBytes + frame.bytes <= this.#bufferedBytes;
  }

  /** Takes a message. Resolves at once, or when less than the high-water mark waits again. */
  append(frame: Frame): Promise<void> {
    this.#log.append(frame);
    this.#waitingBytes += frame.bytes;
    this.#fill();
    if (this.unwrittenBytes < HIGH_WATER_BYTES) return DONE;
    return unawaited(
      new Promise((resolve, reject) => {
        this.#producers.push({ resolve, reject });
      }),
    );
  }

  /** No more will be taken: what waits here is let go, and producers that wait learn why. */
  close(error: McpSseError): void {
    this.#cursor = this.#log.next;
    this.#log.trim(this.#cursor);
    this.#waitingBytes = 0;
    for (const { reject } of this.#producers.splice(0)) reject(error);
  }

  /** From now on messages go to `writer`, beginning with those that wait in the log. */
  attach(writer: ConnectionWriter): void {
    this.#writer = writer;
    this.#fill();
  }

  /**
   * Hands what is left to the writer and ends the connection, gracefully for `timeoutMs`.
   * Resolves when it is closed.
   */
  async finish(timeoutMs: number): Promise<void> {
    const writer = this.#writer;
    if (!writer) return;
    while (!writer.closed && this.#moveOne(writer));
    await writer.end(timeoutMs);
  }

  writerHasRoom(): void {
    this.#fill();
    if (this.unwrittenBytes >= HIGH_WATER_BYTES) return;
    for (const { resolve } of this.#producers.splice(0)) resolve();
  }

  writerClosed(error: McpSseError | undefined): void {
    this.#owner.pumpLost(error);
  }

  #fill(): void {
    const writer = this.#writer;
    while (writer?.hasRoom && !writer.closed && this.#moveOne(writer));
  }

  #moveOne(writer: ConnectionWriter): boolean {
    const frame = this.#log.at(this.#cursor);
    if (!frame) return false;
    this.#cursor += 1;
    this.#waitingBytes -= frame.bytes;
    // Without resumption nothing is wanted again once the writer has it.
    this.#log.trim(this.#cursor);
    writer.push(frame);
    return true;
  }
}
