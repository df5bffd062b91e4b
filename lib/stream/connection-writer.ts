// The only way onto one connection: write, drain and flush under the lock.
import { McpSseError } from '../errors.js';
import type { Frame } from '../wire/sse-encoder.js';
import { FrameQueue } from './frame-queue.js';
import { ignoreRejection, MAX_DELAY_MS, rejected, withDeadline } from '../util/promises.js';
import {
  clearInterval,
  clearTimeout,
  performance,
  setInterval,
  setTimeout,
} from '../util/timers.js';
import { Lock } from './lock.js';
import { ExclusiveSection } from './exclusive-section.js';
import { scheduleFlush } from './flush-scheduler.js';
import { hasRoom, isClosedByPeer, wantsDrain, type WritableResponse } from './writable-response.js';

/** The most that goes into one write. A larger frame goes alone: a frame is never split. */
const CHUNK_BYTES = 64 * 1024;
/** How often a wait for `drain` asks response and socket whether they still need it. */
const RECHECK_MS = 100;

/** Receives the events of a writer. Methods must not throw. */
export interface WriterObserver {
  /** A flush is over: there is room for more. */
  writerHasRoom?(writer: ConnectionWriter): void;
  /**
   * A write had to wait for the client since `writer.lastWriteAt`, and the wait is over: the client
   * has taken it, or the writer is `closed`.
   */
  writerStalled?(writer: ConnectionWriter): void;
  /**
   * The connection has ended; called once. No error means that the peer or `end()` ended it. If it
   * had ended before the writer was made, the call comes after the caller's turn.
   */
  writerClosed?(error: McpSseError | undefined, writer: ConnectionWriter): void;
}

export interface WriterOptions {
  /**
   * Bytes that may wait in the queue. A frame that does not fit closes the connection with
   * `buffer-overflow`; a single larger frame is accepted if nothing else waits.
   * @defaultValue 16 MiB
   */
  maxBufferedBytes?: number;
  /**
   * Milliseconds for the client to take one flush; then the connection is destroyed with
   * `write-timeout`. A single large frame has the same time as a whole ([node] no public property
   * shows progress within a write).
   * @defaultValue 30,000
   */
  writeTimeoutMs?: number;
  observer?: WriterObserver;
}

/**
 * The only way onto one connection.
 *
 * A flush is one critical section under a promise-chain lock: it joins the queued frames (up to
 * 64 KiB), writes them, waits for `drain` if the socket asks for it, and flushes. Frames leave
 * whole, in the order of their `write`.
 *
 * All frames of one round of the event loop share one flush at its end, because every write is a
 * system call.
 */
export class ConnectionWriter {
  /** May be replaced while the connection lives. */
  observer: WriterObserver | undefined;
  readonly #response: WritableResponse;
  readonly #maxBufferedBytes: number;
  readonly #writeTimeoutMs: number;
  readonly #lock = new Lock();

  readonly #queue = new FrameQueue(CHUNK_BYTES);
  /** A flush is due, and has not begun to write. */
  #flushScheduled = false;
  /** Sections that wait for the lock or have it. */
  #pendingSections = 0;
  #state: 'open' | 'ending' | 'closed' = 'open';
  #failure: McpSseError | undefined;
  #resolveDrain: (() => void) | undefined;
  #hearsDrain = false;
  #endPromise: Promise<void> | undefined;
  #resolveEnd: (() => void) | undefined;
  #lastWriteAt = performance.now();

  constructor(response: WritableResponse, options: WriterOptions = {}) {
    this.#response = response;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 16 * 1024 * 1024;
    this.#writeTimeoutMs = Math.min(options.writeTimeoutMs ?? 30_000, MAX_DELAY_MS);
    this.observer = options.observer;
    response.on('close', () => {
      this.#close(undefined);
    });
    response.on('error', (cause) => {
      this.destroy(new McpSseError('write-failed', 'the connection failed', { cause }));
    });
    // [node] A close listener added after the close never fires.
    if (!response.destroyed && !response.closed) return;
    this.#state = 'closed';
    void Promise.resolve().then(() => this.observer?.writerClosed?.(undefined, this));
  }

  /** Bytes that were accepted and not yet handed to the socket. */
  get bufferedBytes(): number {
    return this.#queue.bytes;
  }

  /** `bufferedBytes` without the frames that other connections hold too. */
  get ownBytes(): number {
    return this.#queue.ownBytes;
  }

  /** Whether the queue holds less than one flush takes. */
  get hasRoom(): boolean {
    return this.#queue.bytes < CHUNK_BYTES;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** @internal Whether the connection has ended because the peer closed it in good order. */
  get closedByPeer(): boolean {
    return this.closed && isClosedByPeer(this.#response);
  }

  /** When the connection last took data, on the clock of `performance.now()`. */
  get lastWriteAt(): number {
    return this.#lastWriteAt;
  }

  /**
   * Queues a frame. Resolves when the socket has it (which is not yet delivery); rejects if the
   * connection ends first. The promise need not be awaited.
   *
   * @throws McpSseError (as a rejection) `connection-closed`, `buffer-overflow`, `write-timeout`
   * or `write-failed`; `lock-reentered` when called inside an `exclusive` section of this writer,
   * where awaiting it would wait for itself.
   */
  write(frame: Frame | string): Promise<void> {
    if (this.#pendingSections > 0 && ExclusiveSection.isIn(this)) {
      return rejected(
        new McpSseError(
          'lock-reentered',
          'inside exclusive(), use the write that it passes to your function',
        ),
      );
    }
    const refusal = this.push(toFrame(frame));
    if (refusal) return rejected(refusal);
    return ignoreRejection(this.#queue.whenWritten());
  }

  /** Like `write`, without a promise. Returns the reason if the frame is refused. */
  push(frame: Frame): McpSseError | undefined {
    if (this.#state !== 'open') return this.#closeError();
    if (this.bufferedBytes > 0 && this.bufferedBytes + frame.bytes > this.#maxBufferedBytes) {
      this.destroy(
        new McpSseError(
          'buffer-overflow',
          'the client reads too slowly: its unread frames would exceed maxBufferedBytes',
        ),
      );
      return this.#closeError();
    }
    this.#queue.push(frame);
    this.#scheduleFlush();
    return undefined;
  }

  /**
   * Runs `section` with the connection to itself: nothing else is written until it settles. The
   * `write` that it gets resolves once the client has taken the frame. Frames that were queued
   * before may leave after the section.
   *
   * @throws McpSseError (as a rejection) `connection-closed` and the like if the connection ends
   * before the section begins; `lock-reentered` inside another section of this writer;
   * `write-failed` if the section takes longer than `writeTimeoutMs`, after which it cannot write.
   */
  exclusive<T>(section: (write: (frame: string) => Promise<void>) => Promise<T>): Promise<T> {
    if (this.#state !== 'open') return rejected(this.#closeError());
    if (this.#pendingSections > 0 && ExclusiveSection.isIn(this)) {
      return rejected(
        new McpSseError('lock-reentered', 'exclusive() cannot be called inside exclusive()'),
      );
    }
    this.#pendingSections += 1;
    const own = new ExclusiveSection(this, (frame) => this.#writeFrame(frame));
    return this.#lock.run(async () => {
      try {
        if (this.closed) throw this.#closeError();
        return await own.run(section, this.#writeTimeoutMs);
      } finally {
        this.#pendingSections -= 1;
        this.#scheduleFlush();
      }
    });
  }

  /** @internal Called at the end of a round of the event loop in which something was queued. */
  flush(): void {
    void this.#lock.run(() => this.#writeQueued());
  }

  /**
   * Writes what is queued, ends the response, and resolves when the connection is closed. After
   * `timeoutMs` it gives up ([node] `end()` alone never finishes if the client has stopped reading).
   * No write is accepted from now on.
   */
  end(timeoutMs: number): Promise<void> {
    this.#endPromise ??= this.#end(timeoutMs);
    return this.#endPromise;
  }

  async #end(timeoutMs: number): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#scheduleFlush();
    const ended = new Promise<void>((resolve) => (this.#resolveEnd = resolve));
    const late = () => new McpSseError('write-timeout', 'the client did not read the last events');
    await withDeadline(ended, timeoutMs, late).catch((error: unknown) => {
      this.destroy(McpSseError.from(error));
    });
  }

  /** Ends the connection now. Does not wait for the lock: its holder wakes up and fails. */
  destroy(error?: McpSseError): void {
    if (this.#state === 'closed') return;
    this.#close(error);
    this.#response.destroy();
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    scheduleFlush(this);
  }

  /** One flush under the lock. Returns a promise only if the client must be waited for. Never rejects. */
  #writeQueued(): Promise<void> | undefined {
    // Cleared first: a frame that is queued while this flush waits for drain asks for the next one.
    this.#flushScheduled = false;
    const chunk = this.#queue.take();
    if (chunk !== '' && !this.#writeChunk(chunk)) {
      return this.#waitForDrain().then(() => {
        this.#afterWrite();
      });
    }
    this.#afterWrite();
    return undefined;
  }

  #afterWrite(): void {
    this.#flushResponse();
    if (this.closed) return;
    this.#queue.resolveWritten();
    this.observer?.writerHasRoom?.(this);
    if (this.#queue.length > 0) this.#scheduleFlush();
    else if (this.#isEnding() && this.#pendingSections === 0) this.#endResponse();
  }

  /** Write, drain, flush, for a section. */
  async #writeFrame(frame: string): Promise<void> {
    if (!this.#writeChunk(frame)) await this.#waitForDrain();
    this.#flushResponse();
    if (this.closed) throw this.#closeError();
  }

  /** Whether the socket took `chunk` and needs no wait; a failure closes the connection. */
  #writeChunk(chunk: string): boolean {
    if (this.#isGone()) return true;
    try {
      const clear = this.#response.write(chunk);
      this.#lastWriteAt = performance.now();
      return !wantsDrain(this.#response, clear) || this.#isGone();
    } catch (cause) {
      this.destroy(McpSseError.from(cause, 'write-failed'));
      return true;
    }
  }

  #flushResponse(): void {
    if (this.#isGone()) return;
    try {
      this.#response.flush?.();
    } catch (cause) {
      this.destroy(McpSseError.from(cause, 'write-failed'));
    }
  }

  /** Middleware such as express-session wraps `end`, and its own may throw. */
  #endResponse(): void {
    try {
      this.#response.end();
    } catch (cause) {
      const failure = McpSseError.from(cause, 'write-failed');
      this.destroy(failure);
    }
  }

  /** [node] Once the peer is gone, `write` returns false and no event follows: ask the state. */
  #isGone(): boolean {
    const { destroyed, closed, writableEnded, socket } = this.#response;
    // [node] 26 emits `drain` after a reset, and the close later: only the socket knows.
    if (destroyed || closed || writableEnded || socket?.errored) this.destroy();
    return this.#state === 'closed';
  }

  async #waitForDrain(): Promise<void> {
    const stalled = setTimeout(() => {
      this.destroy(new McpSseError('write-timeout', 'the client read nothing for writeTimeoutMs'));
    }, this.#writeTimeoutMs);
    stalled.unref();
    // A wrapper of the response may lose the `drain`: if the socket has room, there is no wait.
    const recheck = setInterval(() => {
      if (hasRoom(this.#response)) this.#resolveDrain?.();
    }, RECHECK_MS);
    recheck.unref();
    this.#hearDrain();
    await new Promise<void>((resolve) => (this.#resolveDrain = resolve));
    this.#resolveDrain = undefined;
    clearTimeout(stalled);
    clearInterval(recheck);
    this.observer?.writerStalled?.(this);
  }

  /**
   * Adds one listener, at the first wait, and never removes it: `compression` ignores
   * removeListener('drain'), so a new listener for each drain would pile up.
   */
  #hearDrain(): void {
    if (this.#hearsDrain) return;
    this.#hearsDrain = true;
    this.#response.on('drain', () => this.#resolveDrain?.());
  }

  #close(error: McpSseError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#failure = error;
    this.#resolveDrain?.();
    this.#queue.clear(() => this.#closeError());
    this.#resolveEnd?.();
    this.observer?.writerClosed?.(error, this);
  }

  #isEnding(): boolean {
    return this.#state === 'ending';
  }

  #closeError(): McpSseError {
    return this.#failure ?? new McpSseError('connection-closed', 'the connection is closed');
  }
}

function toFrame(frame: Frame | string): Frame {
  return typeof frame === 'string' ? { text: frame, bytes: Buffer.byteLength(frame) } : frame;
}
