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
import { hasRoom, wantsDrain, type WritableResponse } from './writable-response.js';

/** At most this much goes into one write, unless a single frame is larger: a frame is never split. */
const CHUNK_BYTES = 64 * 1024;
/** How often a wait for `drain` asks whether response and socket know of it. */
const RECHECK_MS = 100;
/** So many rounds with a single frame in each make the next one leave early again. */
const LONE_ROUNDS = 2;

/** Told by a writer what becomes of its connection. No call may throw. */
export interface WriterObserver {
  /** A flush is over: there is room for more. */
  writerHasRoom?(writer: ConnectionWriter): void;
  /**
   * A write had to wait for the reader since `writer.lastWriteAt`, and the wait is over: what was
   * written is taken, or the writer is `closed`.
   */
  writerStalled?(writer: ConnectionWriter): void;
  /**
   * The connection has ended, once; without an error when it was the peer or `end()`. Also, after
   * the caller's turn, when it had ended before the writer was made.
   */
  writerClosed?(error: McpSseError | undefined, writer: ConnectionWriter): void;
}

export interface WriterOptions {
  /**
   * Bytes that may wait in the queue. A frame that does not fit closes the connection with
   * `buffer-overflow`; a single larger one is taken when nothing else waits.
   * @defaultValue 16 MiB
   */
  maxBufferedBytes?: number;
  /**
   * Milliseconds that the reader has to take what one flush wrote, a single large frame as a whole
   * too ([node] no public property tells how far it is); then the connection is destroyed with
   * `write-timeout`.
   * @defaultValue 30,000
   */
  writeTimeoutMs?: number;
  observer?: WriterObserver;
}

/**
 * The only way onto one connection.
 *
 * Everything from joining the queued frames to their flush is one critical section under a
 * promise-chain lock: one flush writes all that is queued (up to 64 KiB), waits for `drain` if the
 * socket asks for it, flushes, and lets go. Frames leave whole and in the order of their `write`.
 *
 * A lone frame has its flush right after the caller, by no timer. Frames that follow in the same
 * round of the event loop share one flush at its end; a writer whose last rounds had several frames
 * keeps all of them for that flush, since a write is a system call.
 */
export class ConnectionWriter {
  /** May change hands while the connection lives. */
  observer: WriterObserver | undefined;
  readonly #response: WritableResponse;
  readonly #maxBufferedBytes: number;
  readonly #writeTimeoutMs: number;
  readonly #lock = new Lock();

  readonly #queue = new FrameQueue(CHUNK_BYTES);
  /** A flush is asked for, and has not begun to write. */
  #flushScheduled = false;
  /** That flush waits for the lock already, not for the end of this round. */
  #flushOnLock = false;
  /** `flush` will be called at the end of this round. */
  #roundScheduled = false;
  /** The last rounds with a single frame in each, up to those that make the next one early. */
  #loneRounds = LONE_ROUNDS;
  /** Sections that wait for the lock or have it. */
  #pendingSections = 0;
  #state: 'open' | 'ending' | 'closed' = 'open';
  #failure: McpSseError | undefined;
  #resolveDrain: (() => void) | undefined;
  #endPromise: Promise<void> | undefined;
  #resolveEnd: (() => void) | undefined;
  #lastWriteAt = performance.now();

  constructor(response: WritableResponse, options: WriterOptions = {}) {
    this.#response = response;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 16 * 1024 * 1024;
    this.#writeTimeoutMs = Math.min(options.writeTimeoutMs ?? 30_000, MAX_DELAY_MS);
    this.observer = options.observer;
    // One listener of each kind for the life of the connection: `compression` ignores
    // removeListener('drain'), so one a drain would pile up.
    response.on('drain', () => this.#resolveDrain?.());
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

  /** Bytes accepted and not yet handed to the socket. */
  get bufferedBytes(): number {
    return this.#queue.bytes;
  }

  /** `bufferedBytes` without those of frames that other connections hold too. */
  get ownBytes(): number {
    return this.#queue.ownBytes;
  }

  /** Whether the queue holds less than what one flush takes. */
  get hasRoom(): boolean {
    return this.#queue.bytes < CHUNK_BYTES;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** When the connection last took something, on the clock of `performance.now()`. */
  get lastWriteAt(): number {
    return this.#lastWriteAt;
  }

  /**
   * Queues a frame. Resolves when it has been handed to the socket (which is not yet delivery),
   * rejects when the connection ends first. The result need not be awaited.
   *
   * @throws McpSseError (as a rejection) `connection-closed`, `buffer-overflow`, `write-timeout`
   * or `write-failed`; `lock-reentered` when called inside an `exclusive` section of this writer,
   * where awaiting it would wait for itself.
   */
  write(frame: Frame | string): Promise<void> {
    if (this.#pendingSections > 0 && ExclusiveSection.isIn(this)) {
      return rejected(new McpSseError('lock-reentered', 'use the write given to the section'));
    }
    const refusal = this.push(toFrame(frame));
    if (refusal) return rejected(refusal);
    return ignoreRejection(this.#queue.whenWritten());
  }

  /** `write` for those who do not wait: no promise is made. Returns why a frame was refused. */
  push(frame: Frame): McpSseError | undefined {
    if (this.#state !== 'open') return this.#closeError();
    if (this.bufferedBytes > 0 && this.bufferedBytes + frame.bytes > this.#maxBufferedBytes) {
      this.destroy(
        new McpSseError('buffer-overflow', 'the reader is too slow: the buffer is full'),
      );
      return this.#closeError();
    }
    this.#queue.push(frame);
    this.#scheduleFlush();
    return undefined;
  }

  /**
   * Runs `section` with the connection to itself: nothing else is written before it settles.
   * Its `write` resolves once the reader has taken the frame. What `write` has queued before may
   * go out after it.
   *
   * @throws McpSseError (as a rejection) `connection-closed` and its like when the connection
   * ends before the section begins; `lock-reentered` inside another section of this writer;
   * `write-failed` when it takes longer than `writeTimeoutMs`: it can write no more then.
   */
  exclusive<T>(section: (write: (frame: string) => Promise<void>) => Promise<T>): Promise<T> {
    if (this.#state !== 'open') return rejected(this.#closeError());
    if (this.#pendingSections > 0 && ExclusiveSection.isIn(this)) {
      return rejected(new McpSseError('lock-reentered', 'the section already has the connection'));
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
    this.#roundScheduled = false;
    if (!this.#flushScheduled || this.#flushOnLock) return;
    const isLone = this.#loneRounds < LONE_ROUNDS && this.#queue.length === 1;
    // More than one frame in a round, or one behind an early one.
    this.#loneRounds = isLone ? this.#loneRounds + 1 : 0;
    this.#takeTurn();
  }

  /**
   * Writes what is queued, ends the response, and resolves when the connection is closed; what
   * the reader has not taken after `timeoutMs` is given up ([node] `end()` alone never finishes
   * towards a reader that stopped). No write is accepted from now on.
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
    const late = () => new McpSseError('write-timeout', 'the reader did not take the last events');
    await withDeadline(ended, timeoutMs, late).catch((error: unknown) => {
      this.destroy(McpSseError.from(error));
    });
  }

  /** Ends the connection now. Never waits for the lock; the holder is woken and fails. */
  destroy(error?: McpSseError): void {
    if (this.#state === 'closed') return;
    this.#close(error);
    this.#response.destroy();
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    if (this.#roundScheduled) return;
    this.#roundScheduled = true;
    scheduleFlush(this);
    if (this.#loneRounds === LONE_ROUNDS) this.#takeTurn();
  }

  #takeTurn(): void {
    this.#flushOnLock = true;
    void this.#lock.run(() => this.#writeQueued());
  }

  /** One flush under the lock; a promise only where the reader has to be waited for. Never rejects. */
  #writeQueued(): Promise<void> | undefined {
    // Cleared first, so that what is queued while this flush waits for drain asks for the next.
    this.#flushScheduled = false;
    this.#flushOnLock = false;
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

  /** Whether the socket took `chunk` and wants no wait; a failure closes the connection. */
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

  /** Middleware may have put an `end` of its own before Node's (sessions do), and that may throw. */
  #endResponse(): void {
    try {
      this.#response.end();
    } catch (cause) {
      const failure = McpSseError.from(cause, 'write-failed');
      this.destroy(failure);
    }
  }

  /** [node] After the peer is gone `write` returns false and no event follows: ask, never trust. */
  #isGone(): boolean {
    const { destroyed, closed, writableEnded, socket } = this.#response;
    // [node] 26 tells of a `drain` after a reset, and of the close later: only the socket knows.
    if (destroyed || closed || writableEnded || socket?.errored) this.destroy();
    return this.#state === 'closed';
  }

  async #waitForDrain(): Promise<void> {
    const stalled = setTimeout(() => {
      this.destroy(new McpSseError('write-timeout', 'the reader has stopped reading'));
    }, this.#writeTimeoutMs);
    stalled.unref();
    // A `drain` may be lost in what wraps the response: with room below there is no wait.
    const recheck = setInterval(() => {
      if (hasRoom(this.#response)) this.#resolveDrain?.();
    }, RECHECK_MS);
    recheck.unref();
    await new Promise<void>((resolve) => (this.#resolveDrain = resolve));
    this.#resolveDrain = undefined;
    clearTimeout(stalled);
    clearInterval(recheck);
    this.observer?.writerStalled?.(this);
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
