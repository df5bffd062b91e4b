// Frames on their way to a socket, and the promises of their writes.
import type { McpSseError } from '../errors.js';
import type { Frame } from '../wire/sse-encoder.js';

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
  readonly reject: (error: McpSseError) => void;
}

/** What one write takes: whole frames. Those that wait are one text, unless some are shared. */
interface Chunk {
  readonly texts: readonly string[];
  readonly bytes: number;
  readonly frames: number;
  readonly sharedBytes: number;
}

/**
 * Frames on their way to a socket, and those who wait until theirs has been handed over. A write
 * takes at most so many bytes of them, unless a single one is larger.
 */
export class FrameQueue {
  readonly #chunkBytes: number;
  #chunks: Chunk[] = [];
  /** Of the frames behind the chunks. */
  #texts: string[] = [];
  #looseBytes = 0;
  #looseSharedBytes = 0;
  #bytes = 0;
  #sharedBytes = 0;
  /** Frames ever queued, and ever taken: what a waiter waits for is a number. */
  #queued = 0;
  #taken = 0;
  #waiters: Waiter[] = [];

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes` without those of frames that other queues hold too. */
  get ownBytes(): number {
    return this.#bytes - this.#sharedBytes;
  }

  /** Frames that wait. */
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

  /** Resolves when all that is queued now has been taken and `settle` was called. */
  whenWritten(): Promise<void> {
    const position = this.#queued;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ position, resolve, reject });
    });
  }

  /** Joins the frames of the next write. */
  take(): string {
    const { texts, bytes, frames, sharedBytes } = this.#chunks.shift() ?? this.#cut();
    this.#bytes -= bytes;
    this.#sharedBytes -= sharedBytes;
    this.#taken += frames;
    const [first = ''] = texts;
    // Joined at once: growing a string costs an object for each piece (15 % of a burst).
    return texts.length > 1 ? texts.join('') : first;
  }

  /** What was taken is with the socket. */
  resolveWritten(): void {
    while (this.#waiters[0] && this.#waiters[0].position <= this.#taken) {
      this.#waiters.shift()?.resolve();
    }
  }

  /** Nothing more will be taken: those who wait are told why, by an error that is made for them. */
  clear(errorOf: () => McpSseError): void {
    this.#chunks = [];
    this.#texts = [];
    this.#bytes = 0;
    this.#sharedBytes = 0;
    this.#looseBytes = 0;
    this.#looseSharedBytes = 0;
    this.#taken = this.#queued;
    if (this.#waiters.length === 0) return;
    const error = errorOf();
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  /** What is loose becomes a chunk that waits. */
  #seal(): void {
    const chunk = this.#cut();
    // Joined early: one long string costs the garbage collector less than hundreds of short ones
    // (a fifth of a burst). Not those that other queues hold too: their memory is shared.
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
