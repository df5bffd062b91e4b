// A stream of another node to a client that is connected here.
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import { performance } from '../../util/timers.js';

/** Time for a stream to send the rest after its owner has ended it. */
const FINISH_MS = 5_000;

export class EdgeStream {
  readonly #channel: string;
  readonly #send: (body: string) => void;
  readonly #onEnd: () => void;
  /** Chunks that arrive before the stream has begun; the owner's window bounds them. */
  #early: string[] = [];
  #writer: ConnectionWriter | undefined;
  /** The owner sends nothing more. */
  #ended = false;
  /** Whether the owner knows that the client's connection is closed. */
  #closed = false;
  /** When the owner last got a message, on the clock of `performance.now()`. */
  sentAt: number = performance.now();

  /**
   * @param send sends a message to the owner
   * @param onEnd called when the stream is over
   */
  constructor(channel: string, send: (body: string) => void, onEnd: () => void) {
    this.#channel = channel;
    this.#send = send;
    this.#onEnd = onEnd;
  }

  /** The client's stream has begun. */
  begin(writer: ConnectionWriter): void {
    this.#writer = writer;
    writer.observer = {
      writerClosed: () => {
        this.abandon();
      },
    };
    // A writer that has closed before it had an observer does not call it.
    if (writer.closed) this.abandon();
    for (const text of this.#early.splice(0)) this.chunk(text);
    if (this.#ended) void writer.end(FINISH_MS);
  }

  chunk(text: string): void {
    const writer = this.#writer;
    if (!writer) this.#early.push(text);
    else {
      const bytes = Buffer.byteLength(text);
      writer.write(text).then(() => {
        this.#credit(bytes);
      }, ignore);
    }
  }

  /** Reminds the owner of the stream. An owner that has given it up answers so. */
  remind(): void {
    this.#credit(0);
  }

  /** The owner has ended it gracefully. */
  end(): void {
    this.#ended = true;
    void this.#writer?.end(FINISH_MS);
  }

  /** The owner cuts it off, or is gone. */
  cut(): void {
    this.#ended = true;
    if (this.#writer) this.#writer.destroy();
    else this.abandon();
  }

  /**
   * Returns the connection for the session, which has moved here, and ends the relay without
   * telling the former owner. Undefined if there is no connection.
   */
  takeOver(): ConnectionWriter | undefined {
    const writer = this.#writer;
    if (!writer || writer.closed || this.#ended || this.#closed) return undefined;
    this.#closed = true;
    this.#onEnd();
    return writer;
  }

  /** The client's connection is closed, or was never there. */
  abandon(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#send(`closed ${this.#channel}`);
    this.#onEnd();
  }

  #credit(bytes: number): void {
    if (this.#closed) return;
    this.sentAt = performance.now();
    this.#send(`credit ${this.#channel} ${String(bytes)}`);
  }
}

function ignore(): void {
  // The connection has ended, and its observer says so.
}
