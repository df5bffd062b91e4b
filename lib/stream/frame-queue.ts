import type { McpSseError } from '../errors.js';
import type { Frame } from '../wire/event-stream.js';

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
  readonly reject: (error: McpSseError) => void;
}

/** Frames on their way to a socket, and those who wait until theirs has been handed over. */
export class FrameQueue {
  #frames: Frame[] = [];
  #bytes = 0;
  /** Frames ever queued, and ever taken: what a waiter waits for is a number. */
  #queued = 0;
  #taken = 0;
  #waiters: Waiter[] = [];

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  push(frame: Frame): void {
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
    this.#queued += 1;
  }

  /** Resolves when all that is queued now has been taken and `settle` was called. */
  handedOver(): Promise<void> {
    const position = this.#queued;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ position, resolve, reject });
    });
  }

  /** Joins whole frames, up to so many bytes but always at least one. */
  take(upToBytes: number): string {
    // Joined at once: growing a string costs an object for each piece (15 % of a burst).
    const texts: string[] = [];
    let bytes = 0;
    for (const frame of this.#frames) {
      if (texts.length > 0 && bytes + frame.bytes > upToBytes) break;
      texts.push(frame.text);
      bytes += frame.bytes;
    }
    if (texts.length === this.#frames.length) this.#frames = [];
    else this.#frames.splice(0, texts.length);
    this.#bytes -= bytes;
    this.#taken += texts.length;
    return texts.join('');
  }

  /** What was taken is with the socket. */
  settle(): void {
    while (this.#waiters[0] && this.#waiters[0].position <= this.#taken) {
      this.#waiters.shift()?.resolve();
    }
  }

  /** Nothing more will be taken. */
  clear(error: McpSseError): void {
    this.#frames = [];
    this.#bytes = 0;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }
}
