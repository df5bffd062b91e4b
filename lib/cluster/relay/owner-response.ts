import type { WritableResponse } from '../../stream/writable-response.js';

/** Characters that may be on their way to the client's node and not yet in its socket. */
const WINDOW_CHARS = 64 * 1024;

/**
 * A stream of ours whose client is connected to another node, in the shape of a response: the
 * writer on it neither knows nor cares.
 */
export class OwnerResponse implements WritableResponse {
  destroyed = false;
  closed = false;
  writableEnded = false;
  readonly #channel: string;
  readonly #send: (body: string) => void;
  readonly #onDrain: (() => void)[] = [];
  readonly #onClose: (() => void)[] = [];
  #outstandingChars = 0;
  #full = false;

  /** @param send says something to the other node */
  constructor(channel: string, send: (body: string) => void) {
    this.#channel = channel;
    this.#send = send;
  }

  on(event: 'drain' | 'close' | 'error', listener: (error: Error) => void): void {
    const bound = listener as () => void;
    if (event === 'drain') this.#onDrain.push(bound);
    // What fails on the way closes it: there is no `error` of its own.
    else if (event === 'close') this.#onClose.push(bound);
  }

  write(chunk: string): boolean {
    if (this.closed) return false;
    this.#send(`chunk ${this.#channel}\n${chunk}`);
    this.#outstandingChars += chunk.length;
    this.#full = this.#outstandingChars >= WINDOW_CHARS;
    return !this.#full;
  }

  /** The client's socket has taken `chars` characters more. */
  credit(chars: number): void {
    this.#outstandingChars = Math.max(this.#outstandingChars - chars, 0);
    if (!this.#full || this.#outstandingChars >= WINDOW_CHARS) return;
    this.#full = false;
    for (const listener of this.#onDrain) listener();
  }

  /** The other node ends the stream, and says when its connection is closed. */
  end(): void {
    this.writableEnded = true;
    this.#send(`end ${this.#channel}`);
  }

  destroy(): void {
    if (this.closed) return;
    this.#send(`cut ${this.#channel}`);
    this.connectionClosed();
  }

  /** The client's connection is closed, or its node is out of reach. */
  connectionClosed(): void {
    if (this.closed) return;
    this.destroyed = this.closed = true;
    for (const listener of this.#onClose) listener();
  }
}
