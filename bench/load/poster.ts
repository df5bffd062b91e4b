import type { Socket } from 'node:net';
import { ChunkedReader } from './chunked-reader.js';
import { openSocket } from './open-socket.js';
import { readHead } from './response-head.js';
import type { Verdict } from './verdict.js';

/** A keep-alive connection with at most one POST under way. */
export class Poster {
  #socket: Socket | undefined;
  #rest: Buffer | undefined;
  #onAccepted: (() => void) | undefined;
  #closing = false;

  private constructor(
    private readonly port: number,
    private readonly verdict: Verdict,
  ) {}

  static async open(port: number, verdict: Verdict): Promise<Poster> {
    const poster = new Poster(port, verdict);
    const socket = await openSocket(port, (bytes) => {
      poster.#read(bytes);
    });
    poster.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      poster.#lost();
    });
    return poster;
  }

  /** Anything but a whole 202 fails the run. ASCII bodies only. */
  post(path: string, body: string, onAccepted: () => void): void {
    if (this.#onAccepted !== undefined) throw new Error('a POST is under way here');
    if (this.#socket === undefined) {
      this.verdict.fail('the server closed an idle connection');
      return;
    }
    this.#onAccepted = onAccepted;
    this.#socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      'latin1',
    );
  }

  /** The same as a promise. */
  send(path: string, body: string): Promise<void> {
    return new Promise((resolve) => {
      this.post(path, body, resolve);
    });
  }

  /** An idle connection is the server's to close; a POST is not its to drop. */
  #lost(): void {
    this.#socket = undefined;
    if (this.#closing || this.#onAccepted === undefined) return;
    this.verdict.fail('the server closed a connection without an answer to a POST');
  }

  close(): void {
    this.#closing = true;
    this.#socket?.resetAndDestroy();
  }

  #read(fresh: Buffer): void {
    if (this.#closing) return;
    const bytes = this.#rest === undefined ? fresh : Buffer.concat([this.#rest, fresh]);
    try {
      const length = acceptedLength(bytes);
      this.#rest = length === undefined ? Buffer.from(bytes) : undefined;
      if (length === undefined) return;
      if (length !== bytes.length || this.#onAccepted === undefined) {
        throw new Error(`more than one answer to a POST: ${bytes.toString('latin1', 0, 300)}`);
      }
    } catch (error) {
      this.verdict.fail(error instanceof Error ? error : String(error));
      return;
    }
    const onAccepted = this.#onAccepted;
    this.#onAccepted = undefined;
    onAccepted();
  }
}

/** How long the 202 is, body included, or `undefined` while it is not whole. */
function acceptedLength(bytes: Buffer): number | undefined {
  const head = readHead(bytes);
  if (head === undefined) return undefined;
  if (head.status !== 202)
    throw new Error(`a POST was answered: ${bytes.toString('latin1', 0, 300)}`);
  if (!head.chunked) {
    const length = head.end + head.contentLength;
    return length > bytes.length ? undefined : length;
  }
  const body = new ChunkedReader(() => undefined);
  body.read(bytes, head.end, bytes.length);
  return body.ended ? bytes.length : undefined;
}
