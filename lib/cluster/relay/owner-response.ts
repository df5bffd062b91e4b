// A stream of one of our sessions whose client is connected elsewhere.
import type { WritableResponse } from '../../stream/writable-response.js';

/** Bytes that may be on their way to the client's node and not yet in its socket. */
const WINDOW_BYTES = 64 * 1024;

/** The connection to the client's node. */
export interface StreamLink {
  send(body: string): void;
  /** Whether `bytes` more may wait for that node. */
  hasRoom(bytes: number): boolean;
  /** Whether producers should wait. */
  isTight(): boolean;
}

/** A response for a `ConnectionWriter` that sends everything to the client's node. */
export class OwnerResponse implements WritableResponse {
  destroyed = false;
  closed = false;
  writableEnded = false;
  readonly #channel: string;
  readonly #link: StreamLink;
  readonly #onDrain: (() => void)[] = [];
  readonly #onClose: (() => void)[] = [];
  #outstandingBytes = 0;
  #full = false;
  #unbounded = false;

  constructor(channel: string, link: StreamLink) {
    this.#channel = channel;
    this.#link = link;
  }

  on(event: 'drain' | 'close' | 'error', listener: (error: Error) => void): void {
    const bound = listener as () => void;
    if (event === 'drain') this.#onDrain.push(bound);
    // A failure on the way closes the stream: there is no `error` event.
    else if (event === 'close') this.#onClose.push(bound);
  }

  write(chunk: string): boolean {
    if (this.closed) return false;
    const bytes = Buffer.byteLength(chunk);
    if (!this.#link.hasRoom(bytes)) {
      // Its session keeps what the client has not read, within bounds of its own.
      this.destroy();
      return false;
    }
    this.#link.send(`chunk ${this.#channel}\n${chunk}`);
    this.#outstandingBytes += bytes;
    this.#full = this.#outstandingBytes >= WINDOW_BYTES || this.#link.isTight();
    return this.#unbounded || !this.#full;
  }

  /**
   * Lifts the window: the last writes go to the other node at once.
   */
  openWindow(): void {
    this.#unbounded = true;
    this.#full = false;
    for (const listener of this.#onDrain) listener();
  }

  /** The client's socket has taken `bytes` more. */
  credit(bytes: number): void {
    this.#outstandingBytes = Math.max(this.#outstandingBytes - bytes, 0);
    if (!this.#full || this.#outstandingBytes >= WINDOW_BYTES) return;
    this.#full = false;
    for (const listener of this.#onDrain) listener();
  }

  /** Ends the stream. The other node reports when the connection is closed. */
  end(): void {
    this.writableEnded = true;
    this.#link.send(`end ${this.#channel}`);
  }

  destroy(): void {
    if (this.closed) return;
    this.#link.send(`cut ${this.#channel}`);
    this.connectionClosed();
  }

  /** The client's connection is closed, or its node is out of reach. */
  connectionClosed(): void {
    if (this.closed) return;
    this.destroyed = this.closed = true;
    for (const listener of this.#onClose) listener();
  }
}
