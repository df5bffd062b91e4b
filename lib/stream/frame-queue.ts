// Queues frames on their way to a socket, with the promises of their writes.
import type { McpSseError } from '../errors.js';
import type { Frame } from '../wire/sse-encoder.js';

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
  readonly reject: (error: McpSseError) => void;
}

/** The frames of one write, whole. Waiting frames are one text, unless some are shared. */
interface Chunk {
  readonly texts: readonly string[];
  readonly bytes: number;
  readonly frames: number;
  readonly sharedBytes: number;
}

/**
 * Frames on their way to a socket, and the callers that wait until theirs is handed over. A write
 * takes a bounded number of bytes, unless a single frame is larger.
 */
export class FrameQueue {
  readonly #chunkBytes: number;
  /** Made for the first one, as the waiters: an idle connection has none. */
  #chunks: Chunk[] | undefined;
  /** The frames behind the chunks, not joined yet. */
  #texts: string[] = [];
  #looseBytes = 0;
  #looseSharedBytes = 0;
  #bytes = 0;
  #sharedBytes = 0;
  /** Frames ever queued, and ever taken: a waiter waits for a number. */
  #queued = 0;
  #taken = 0;
  #waiters: Waiter[] | undefined;

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes` without the frames that other queues hold too. */
  get ownBytes(): number {
    return this.#bytes - this.#sharedBytes;
  }

  /** How many frames wait. */
  get length(): number {
    return this.#queued - this.#taken;
  }

  push({ text, bytes, shared = false }: Frame): void {
    if (this.#looseBytes > 0 && this.#looseBytes + bytes > this.#chunkBytes) this.#seal();
    this.#texts.push(text);
    this.#looseBytes += bytes;
    this.#bytes += bytes;
    if (shared) {
      this.#looseSharedBytes += bytes;
      this.#sharedBytes += bytes;
    }
    this.#queued += 1;
  }

  /** Resolves when everything queued now has been taken and `settle` was called. */
  whenWritten(): Promise<void> {
    const position = this.#queued;
    this.#waiters ??= [];
    const waiters = this.#waiters;
    return new Promise((resolve, reject) => {
      waiters.push({ position, resolve, reject });
    });
  }

  /** Joins the frames of the next write. */
  take(): string {
    const { texts, bytes, frames, sharedBytes } = this.#chunks?.shift() ?? this.#cut();
    this.#bytes -= bytes;
    this.#sharedBytes -= sharedBytes;
    this.#taken += frames;
    const [first = ''] = texts;
    // Joined in one go: growing a string costs an object for each piece (15 % of a burst).
    return texts.length > 1 ? texts.join('') : first;
  }

  /** The socket has the frames that were taken. */
  resolveWritten(): void {
    const waiters = this.#waiters;
    if (!waiters) return;
    while (waiters[0] && waiters[0].position <= this.#taken) waiters.shift()?.resolve();
    if (waiters.length === 0) this.#waiters = undefined;
  }

  /** Nothing more will be taken: every waiter is rejected with an error, made only if one waits. */
  clear(errorOf: () => McpSseError): void {
    this.#chunks = undefined;
    this.#texts = [];
    this.#bytes = 0;
    this.#sharedBytes = 0;
    this.#looseBytes = 0;
    this.#looseSharedBytes = 0;
    this.#taken = this.#queued;
    const waiters = this.#waiters;
    if (!waiters) return;
    this.#waiters = undefined;
    const error = errorOf();
    for (const { reject } of waiters) reject(error);
  }

  /** Joins the loose frames into a chunk. */
  #seal(): void {
    const chunk = this.#cut();
    // Joined early: one long string costs the garbage collector less than hundreds of short ones
    // (a fifth of a burst). Shared frames are not joined: other queues hold the same memory.
    this.#chunks ??= [];
    this.#chunks.push(chunk.sharedBytes > 0 ? chunk : { ...chunk, texts: [chunk.texts.join('')] });
  }

  #cut(): Chunk {
    const texts = this.#texts;
    const chunk = {
      ...{ texts, frames: texts.length },
      ...{ bytes: this.#looseBytes, sharedBytes: this.#looseSharedBytes },
    };
    this.#texts = [];
    this.#looseBytes = 0;
    this.#looseSharedBytes = 0;
    return chunk;
  }
}
