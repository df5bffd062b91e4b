/** A plain loopback connection, and the responses of HTTP/1.1 on it. */
import { connect, type Socket } from 'node:net';
import type { Verdict } from './verdict.js';

// One buffer for all sockets: what is read is used up before the next read, and ten thousand
// sockets with a buffer each would cost the generator more than the servers.
const shared = Buffer.allocUnsafe(256 * 1024);

export class Connection {
  readonly opened: Promise<void>;
  #closing = false;
  readonly #socket: Socket;

  /**
   * @param onRead gets bytes that are valid during the call only; a throw fails the run
   * @param onLost is called when the server closes it
   */
  constructor(port: number, verdict: Verdict, onRead: (bytes: Buffer) => void, onLost: () => void) {
    const callback = (length: number) => {
      try {
        if (!this.#closing) onRead(shared.subarray(0, length));
      } catch (error) {
        verdict.fail(error);
      }
      return true;
    };
    const onread = { buffer: shared, callback };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.opened = new Promise((resolve, reject) => {
      this.#socket.on('error', reject).on('connect', resolve);
    });
    this.#socket.on('close', () => {
      if (!this.#closing) onLost();
    });
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Stops reading: the kernel's buffers fill, then the server's. */
  pause(): void {
    this.#socket.pause();
  }

  /** A reset leaves no port in TIME_WAIT, of which there are too few. */
  close(): void {
    this.#closing = true;
    this.#socket.resetAndDestroy();
  }
}

const [cr, lf, nine] = [13, 10, 57];
const blankLine = Buffer.from('\r\n\r\n');
const nothing = Buffer.alloc(0);
const ignore = (): void => undefined;

/** Takes one response apart, however the socket cuts it. */
export class ResponseReader {
  ended = false;
  #head: Buffer | undefined = nothing;
  #chunked = false;
  /** The size of the next chunk as far as it is read; -1: nothing of it. */
  #size = -1;
  #last = false;
  /** What is to come of a chunk, or of a body without chunks. */
  #left = 0;

  /** `onBody` gets the body in parts that are valid during the call only. */
  constructor(
    private readonly expected: RegExp,
    private readonly onBody: (bytes: Buffer) => void = ignore,
  ) {}

  /** @throws Error when it is another response than expected, or not the only one */
  read(bytes: Buffer): void {
    const body = this.#head === undefined ? bytes : this.#readHead(this.#head, bytes);
    for (let at = 0; at < body.length;) {
      if (this.ended) throw new Error(`too much: ${body.toString('latin1', at, at + 300)}`);
      if (this.#left > 0) at = this.#readBody(body, at);
      else this.#readByte(body[at++] ?? 0);
    }
  }

  /** Returns what follows the head. */
  #readHead(before: Buffer, bytes: Buffer): Buffer {
    const all = before.length === 0 ? bytes : Buffer.concat([before, bytes]);
    const end = all.indexOf(blankLine);
    this.#head = end < 0 ? Buffer.from(all) : undefined;
    if (end < 0) return nothing;
    const head = all.toString('latin1', 0, end);
    if (!this.expected.test(head)) throw new Error(`unexpected response: ${head}`);
    this.#chunked = /\r\ntransfer-encoding: *chunked/i.test(head);
    this.#left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    this.ended = !this.#chunked && this.#left === 0;
    return all.subarray(end + blankLine.length);
  }

  #readBody(bytes: Buffer, at: number): number {
    const stop = Math.min(bytes.length, at + this.#left);
    this.#left -= stop - at;
    this.ended = this.#left === 0 && !this.#chunked;
    this.onBody(bytes.subarray(at, stop));
    return stop;
  }

  /** Of a line with a size, or of the empty one that follows each chunk. */
  #readByte(byte: number): void {
    if (byte === cr) return;
    if (byte !== lf) {
      const digit = (byte & 15) + (byte > nine ? 9 : 0);
      this.#size = Math.max(this.#size, 0) * 16 + digit;
      return;
    }
    if (this.#size >= 0) {
      this.#left = this.#size;
      this.#last = this.#size === 0;
    } else if (this.#last) this.ended = true;
    this.#size = -1;
  }
}
