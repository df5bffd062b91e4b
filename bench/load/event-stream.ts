import type { Socket } from 'node:net';
import { ChunkedReader } from './chunked-reader.js';
import { EventReader, type OnEvent } from './event-reader.js';
import { openSocket } from './open-socket.js';
import { readHead } from './response-head.js';
import type { Verdict } from './verdict.js';

/** One `GET /sse`, open until `close`. */
export class EventStream {
  /** Why the server ended it; a stream that need not end fails the run when it does. */
  mayEnd = false;
  onEnd: () => void = () => undefined;
  #socket: Socket | undefined;
  #head: Buffer | undefined = Buffer.alloc(0);
  #closing = false;
  readonly #body: ChunkedReader;

  private constructor(
    private readonly verdict: Verdict,
    onEvent: OnEvent,
  ) {
    const events = new EventReader(onEvent);
    this.#body = new ChunkedReader((bytes, start, end) => {
      events.read(bytes, start, end);
    });
  }

  /** @param headers more lines for the head of the request, each with its line break */
  static async open(
    port: number,
    verdict: Verdict,
    onEvent: OnEvent,
    headers = '',
  ): Promise<EventStream> {
    const stream = new EventStream(verdict, onEvent);
    const socket = await openSocket(port, (bytes) => {
      stream.#read(bytes);
    });
    stream.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      stream.#ended();
    });
    socket.write(
      `GET /sse HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n${headers}\r\n`,
      'latin1',
    );
    return stream;
  }

  /** Stops reading: the kernel's buffers fill, then the server's. */
  pause(): void {
    this.#socket?.pause();
  }

  /** Aborts the connection: a reset leaves no port in TIME_WAIT, of which there are too few. */
  close(): void {
    this.#closing = true;
    this.#socket?.resetAndDestroy();
  }

  #ended(): void {
    if (!this.#closing && !this.mayEnd) this.verdict.fail('the server ended a stream');
    this.onEnd();
  }

  #read(bytes: Buffer): void {
    if (this.#closing) return;
    try {
      if (this.#head === undefined) this.#body.read(bytes, 0, bytes.length);
      else this.#readHead(Buffer.concat([this.#head, bytes]));
      if (this.#body.ended && !this.mayEnd) throw new Error('the server ended a stream');
    } catch (error) {
      this.verdict.fail(error instanceof Error ? error : String(error));
    }
  }

  #readHead(bytes: Buffer): void {
    this.#head = bytes;
    const head = readHead(bytes);
    if (head === undefined) return;
    if (head.status !== 200 || !head.contentType.startsWith('text/event-stream') || !head.chunked) {
      throw new Error(`GET /sse answered: ${bytes.toString('latin1', 0, 300)}`);
    }
    this.#head = undefined;
    this.#body.read(bytes, head.end, bytes.length);
  }
}
