// A transport to a command: starts its process, and ends it with all its children.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';

import { attempt } from '../util/foreign-error.js';
import { ignoreRejection, settledWithin, withDeadline } from '../util/promises.js';
import { setImmediate } from '../util/timers.js';
import { HopError } from './hop-error.js';
import { LineReader } from './line-reader.js';
import { parseMessages } from './messages.js';
import type { CommandSettings } from './options.js';

export interface ChildOptions {
  readonly command: CommandSettings;
  readonly closeTimeoutMs: number;
  readonly maxMessageBytes: number;
  /** Gets each line of stderr, and each line of stdout that is not a message. */
  readonly stderr: ((line: string) => void) | undefined;
  /** Called when a process has started (1) or ended (-1). */
  readonly counted: (change: 1 | -1) => void;
}

const MAX_LINE = 8 * 1024;
/** [node] The most bytes that are read from a pipe at once. */
const CHUNK = 64 * 1024;
const LINE_END = Buffer.from('\n');
/**
 * Milliseconds to read the last output of a process that has ended, and for a process to end after
 * it has closed a pipe.
 */
const LAST_WORDS_MS = 500;
const late = (): Error => new Error('late');

type Child = ChildProcessByStdio<Writable, Readable, Readable | null>;

/** Running processes. They are killed when this process exits. */
const running = new Set<ChildTransport>();
const killAll = (): void => {
  for (const transport of running) transport.kill('SIGKILL');
};

/**
 * Replaces the SDK's `StdioClientTransport`, which always passes six environment variables on,
 * waits without a bound for a child that does not read, hides the exit code, and leaves the child's
 * own children alive.
 */
export class ChildTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];
  readonly #options: ChildOptions;
  readonly #lines: LineReader;
  #child: Child | undefined;
  #exited: Promise<unknown> | undefined;
  #closed: Promise<void> | undefined;
  #isClosing = false;
  #queued = '';
  /** `onerror` already has the reason. */
  #hasFailed = false;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#lines = new LineReader(options.maxMessageBytes, this.#received.bind(this));
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The SDK recognises a process by this member. The lines go to the hook. */
  readonly stderr = null;

  async start(): Promise<void> {
    const { command, args, env, cwd } = this.#options.command;
    const child = spawn(command, args, {
      env,
      ...(cwd !== undefined && { cwd }),
      stdio: ['pipe', 'pipe', this.#options.stderr ? 'pipe' : 'ignore'],
      windowsHide: true,
      // A process group of its own: one signal reaches the command and its children.
      detached: process.platform !== 'win32',
    }) as Child;
    this.#child = child;
    // [node] Without a pid the program could not be started, and `error` follows.
    if (child.pid !== undefined) this.#watch(child);
    child.stdin.on('error', () => {
      this.#cutOff('input');
    });
    child.stdout.on('error', (error) => this.onerror?.(error));
    const tookFromStdout = resting(child.stdout);
    child.stdout.on('data', (chunk: Buffer) => {
      this.#read(chunk);
      tookFromStdout(chunk.length);
    });
    child.stdout.on('end', () => {
      // The last line may lack its line end.
      this.#read(LINE_END);
      this.#cutOff('output');
    });
    if (child.stderr) readLines(child.stderr, this.#options.stderr);
    // Rejects when the program cannot be started.
    await once(child, 'spawn').catch((error: unknown) => {
      throw cwd === undefined || existsSync(cwd) ? error : missingFolder(cwd);
    });
    child.on('error', (error) => this.onerror?.(error));
  }

  #watch(child: Child): void {
    if (running.size === 0) process.on('exit', killAll);
    running.add(this);
    this.#options.counted(1);
    this.#exited = once(child, 'exit').then(async ([code, signal]: unknown[]) => {
      // Its own children would otherwise live on and hold its pipes.
      this.kill('SIGKILL');
      running.delete(this);
      this.#options.counted(-1);
      if (running.size === 0) process.removeListener('exit', killAll);
      // Its last output may still be in the pipes.
      const closed = [child.stdout, child.stderr].map(async (pipe) => {
        if (pipe?.closed === false) await once(pipe, 'close');
      });
      await settledWithin(Promise.all(closed), LAST_WORDS_MS);
      this.#ended(child, typeof signal === 'string' ? `signal ${signal}` : `code ${String(code)}`);
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable || this.#isClosing) {
      throw new HopError('closed', 'The process of the upstream has ended', { sent: false });
    }
    if (stdin.writableLength + this.#queued.length > this.#options.maxMessageBytes) {
      throw new HopError('busy', 'The process of the upstream does not read', { sent: false });
    }
    if (this.#queued === '') setImmediate(this.#flush);
    this.#queued += `${JSON.stringify(message)}\n`;
    if (!stdin.writableNeedDrain) return;
    await ignoreRejection(Promise.race([once(stdin, 'drain'), this.#exited]));
  }

  /** Writes all messages of one turn of the event loop at once: each write is a system call. */
  readonly #flush = (): void => {
    const stdin = this.#child?.stdin;
    if (this.#queued !== '' && stdin?.writable) stdin.write(this.#queued);
    this.#queued = '';
  };

  /** Ends the input of the process, then asks it to end, then kills it with its children. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  kill(signal: NodeJS.Signals): void {
    const child = this.#child;
    if (child?.pid === undefined) return;
    const { pid } = child;
    // `kill` throws once all processes of the group have ended.
    if (process.platform !== 'win32') attempt(() => process.kill(-pid, signal), false);
    else child.kill(signal);
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    if (!this.#child || !running.has(this)) {
      this.#tellClosed();
      return;
    }
    const ended = this.#exited ?? Promise.resolve();
    const within = Math.max(this.#options.closeTimeoutMs / 2, 1);
    this.#flush();
    this.#child.stdin.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      try {
        await withDeadline(ended, within, late, { keepsAlive: true });
        break;
      } catch {
        this.kill(signal);
      }
    }
    await ended;
  }

  /**
   * A process that has closed one of its pipes usually ends soon. If it does not, the transport
   * ends it as useless, and the session gets another.
   */
  #cutOff(pipe: 'input' | 'output'): void {
    const exited = this.#exited ?? Promise.resolve();
    void withDeadline(exited, LAST_WORDS_MS, late).catch(() => {
      if (this.#isClosing || !running.has(this)) return;
      this.onerror?.(new HopError('closed', `The process of the upstream closed its ${pipe}`));
      void this.close();
      this.#tellClosed();
    });
  }

  #tellClosed(): void {
    const { onclose } = this;
    delete this.onclose;
    onclose?.();
  }

  #ended(child: Child, how: string): void {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr?.destroy();
    if (!this.#isClosing && !this.#hasFailed) {
      this.onerror?.(new HopError('closed', `The process of the upstream ended with ${how}`));
    }
    this.#tellClosed();
  }

  #read(chunk: Buffer): void {
    if (this.#hasFailed || this.#lines.push(chunk)) return;
    const { maxMessageBytes } = this.#options;
    const tooLarge = `The upstream sent a message of over ${maxMessageBytes} bytes`;
    this.onerror?.(new HopError('invalid-answer', tooLarge));
    this.#hasFailed = true;
    this.kill('SIGKILL');
  }

  #received(line: string): void {
    const messages = parseMessages(line);
    // The types of the two packages differ in what an error may leave out.
    for (const message of messages) this.onmessage?.(message as JSONRPCMessage);
    // The next line may be a message.
    if (messages.length === 0 && line.trim() !== '') {
      this.#options.stderr?.(line.slice(0, MAX_LINE));
    }
  }
}

/** [node] The system's own error names the program, as if that were missing. */
const missingFolder = (cwd: string): HopError =>
  new HopError('unreachable', 'The upstream could not be reached', {
    sent: false,
    cause: new Error(`its folder ${cwd} does not exist`),
  });

/**
 * Returns a function to tell how much was taken from the stream, which lets it rest until the next
 * turn of the event loop after each 64 KiB. [node] One turn reads up to 32 chunks of 64 KiB: a
 * program that floods its output with short lines would take all of this process.
 */
function resting(stream: Readable): (length: number) => void {
  let taken = 0;
  return (length) => {
    taken += length;
    if (taken < CHUNK) return;
    taken = 0;
    stream.pause();
    setImmediate(() => stream.resume());
  };
}

function readLines(stream: Readable, line: ((line: string) => void) | undefined): void {
  let rest = '';
  const took = resting(stream);
  stream.setEncoding('utf8');
  stream.on('error', () => undefined);
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const one of lines) line?.(one.slice(0, MAX_LINE));
    took(text.length);
  });
  stream.on('end', () => {
    if (rest !== '') line?.(rest);
  });
}
