import { connect, type Socket } from 'node:net';

import { eventually } from './eventually.js';

/** A connection on which one writes what one likes, and reads whatever comes. */
export class RawConnection {
  /** Everything that was received. */
  text = '';
  /** Set when the connection is closed, by whichever side. */
  ended = false;

  constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (this.text += chunk));
    socket.on('close', () => (this.ended = true));
    socket.on('error', () => {});
  }

  /** Resolves with a socket that is connected. */
  static async socket(port: number, host = '127.0.0.1'): Promise<Socket> {
    const socket = connect({ port, host });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return socket;
  }

  /** Sends the lines of a request's head and the blank line behind them. */
  send(...lines: string[]): void {
    this.write(lines.map((line) => `${line}\r\n`).join('') + '\r\n');
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The status of the first answer; 0 while there is none. */
  get status(): number {
    return Number(/^HTTP\/1\.[01] (\d{3}) /.exec(this.text)?.[1] ?? 0);
  }

  /** Resolves once `part` has been received. */
  async received(part: string | RegExp): Promise<void> {
    const there = (): boolean =>
      typeof part === 'string' ? this.text.includes(part) : part.test(this.text);
    await eventually(there, `${String(part)} in what was received`);
  }

  /** Resolves when the connection is closed, by whichever side. */
  async closed(): Promise<void> {
    await eventually(() => this.ended, 'the end of the connection');
  }

  /** Sends no more, and still reads. */
  end(): void {
    this.socket.end();
  }

  /** Cuts the connection. */
  drop(): void {
    this.socket.destroy();
  }

  /** Cuts the connection by RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}
