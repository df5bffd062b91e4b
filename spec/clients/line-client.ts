import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';

import type { ConnectedClient } from './steps.js';

/**
 * A client that is a program of another language. It reads requests from stdin, a line each,
 * `7 call NAME`, and writes answers to stdout, `7 ok TEXT` or `7 error TEXT` with the text as
 * base64, and between them `notified DATA` and `progressed NUMBER`.
 */
export class LineClient implements ConnectedClient {
  readonly notifications: number[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<string, (answer: string[]) => void>();
  #onProgress: ((progress: number) => void) | undefined;
  readonly #ended: Promise<never>;
  #closed = false;
  #stderr = '';
  #lastId = 0;

  private constructor(
    command: string,
    args: readonly string[],
    private readonly onNotified: (data: string) => void,
  ) {
    const child = spawn(command, args);
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-2_000);
    });
    // It may have ended.
    child.stdin.on('error', () => undefined);
    this.#ended = new Promise((_, reject) => {
      child.once('close', () => {
        reject(new Error(`the program has ended: ${this.#stderr.trim()}`));
      });
      child.once('error', reject);
    });
    this.#ended.catch(() => undefined);
    createInterface(child.stdout).on('line', (line) => {
      this.#take(line.split(' '));
    });
  }

  /**
   * Resolves once the program is connected, and rejects with its last words when it ends first.
   *
   * @param onNotified is given the data of each notification, as JSON
   */
  static async start(
    command: string,
    args: readonly string[],
    onNotified: (data: string) => void = () => undefined,
  ): Promise<LineClient> {
    const client = new LineClient(command, args, onNotified);
    const ready = new Promise<void>((resolve) => {
      client.#waiting.set('ready', () => {
        resolve();
      });
    });
    await Promise.race([ready, client.#ended]);
    return client;
  }

  async tools(): Promise<readonly string[]> {
    return (await this.#ask('tools')).split(' ');
  }

  call(name: string, onProgress?: (progress: number) => void): Promise<string> {
    this.#onProgress = onProgress;
    return this.#ask(`${onProgress ? 'progress' : 'call'} ${name}`);
  }

  /** The SDK closes its client first, so that what the server sees is the SDK's doing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#ask('close').finally(() => this.#child.kill('SIGKILL'));
  }

  async #ask(what: string): Promise<string> {
    const id = String((this.#lastId += 1));
    const answer = new Promise<string[]>((resolve) => this.#waiting.set(id, resolve));
    this.#child.stdin.write(`${id} ${what}\n`);
    const [outcome, text = ''] = await Promise.race([answer, this.#ended]);
    const decoded = Buffer.from(text, 'base64').toString();
    if (outcome !== 'ok') throw new Error(decoded);
    return decoded;
  }

  #take([first = '', ...rest]: string[]): void {
    if (first === 'notified') {
      this.notifications.push(Number(rest[0]));
      this.onNotified(rest[0] ?? '');
    } else if (first === 'progressed') this.#onProgress?.(Number(rest[0]));
    else {
      this.#waiting.get(first)?.(rest);
      this.#waiting.delete(first);
    }
  }
}
