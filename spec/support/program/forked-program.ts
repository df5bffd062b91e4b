import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { FromChild, Protocol, ToChild } from './parent-channel.js';
import { within } from './waiting.js';

const START_MS = 60_000;
const ANSWER_MS = 20_000;

/** A TypeScript program in a process of its own, which uses `parent-channel.ts`. */
export class ForkedProgram<Spoken extends Protocol> {
  /** What it has written to stderr. */
  stderr = '';
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, (answer: unknown) => void>();
  readonly #exit: Promise<number | null>;
  #lastId = 0;
  #mayEnd = false;

  private constructor(file: URL, args: readonly string[]) {
    const child = fork(fileURLToPath(file), args, {
      execArgv: ['--import', 'tsx', '--expose-gc'],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#exit = once(child, 'exit').then(([code]) => code as number | null);
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  /** Resolves once the program is ready, with what it says then. */
  static async start<Spoken extends Protocol>(
    file: URL,
    args: readonly string[],
  ): Promise<{ program: ForkedProgram<Spoken>; ready: Spoken['ready'] }> {
    const program = new ForkedProgram<Spoken>(file, args);
    const ready = await program.#waitFor<Spoken['ready']>(
      START_MS,
      'the start of a process',
      (resolve) => {
        program.#child.on('message', (message: FromChild) => {
          if (message.kind === 'ready') resolve(message.value);
          else program.#answers.get(message.id)?.(message.value);
        });
      },
    );
    return { program, ready };
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether it has ended by itself. */
  get crashed(): boolean {
    return !this.alive && !this.#mayEnd;
  }

  ask<Name extends keyof Spoken['answers'] & string>(name: Name): Promise<Spoken['answers'][Name]> {
    const id = (this.#lastId += 1);
    return this.#waitFor(ANSWER_MS, `an answer to ${name}`, (resolve) => {
      this.#answers.set(id, (answer) => {
        this.#answers.delete(id);
        resolve(answer as Spoken['answers'][Name]);
      });
      const request: ToChild = { id, name };
      // [node] Without a callback it raises `error` for a process that has ended; #waitFor rejects then.
      this.#child.send(request, () => undefined);
    });
  }

  /** Stops it in its tracks, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#mayEnd = true;
    if (!this.alive) return;
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** Asks it to end, as a supervisor does. @throws Error unless it ends in time, and with 0 */
  async terminate(timeoutMs: number): Promise<void> {
    this.#mayEnd = true;
    this.#child.kill('SIGTERM');
    const code = await within(this.#exit, timeoutMs, 'the end of a process');
    if (code !== 0) throw new Error(`the process ended with ${String(code)}: ${this.stderr}`);
  }

  /** Rejects after `ms`, or when the process ends before the answer. */
  #waitFor<T>(ms: number, what: string, start: (resolve: (value: T) => void) => void): Promise<T> {
    const answer = new Promise<T>((resolve, reject) => {
      start(resolve);
      void this.#exit.then(() => {
        reject(new Error(`${what}: the process has ended\n${this.stderr}`));
      });
    });
    return within(answer, ms, what);
  }
}
