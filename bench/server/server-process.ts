/** The generator's end of a server's process. */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { patienceMs, Verdict } from '../load/verdict.js';
import { mcpGoProgram } from '../paths.js';
import type { SubjectName } from '../subjects/index.js';
import type { OrderName, Orders } from './orders.js';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const running = new Set<ChildProcess>();

// Whatever ends the benchmark ends its servers, and the bridges that are their children.
process.on('exit', () => {
  for (const { pid } of running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
});

export class ServerProcess {
  readonly verdict: Verdict;
  port = 0;
  #lastId = 0;
  #stopping = false;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #gone: Promise<void>;
  readonly #waiting = new Map<number, (gives: unknown) => void>();

  private constructor(
    readonly subject: SubjectName,
    profiles: string | undefined,
  ) {
    this.verdict = new Verdict(subject);
    const [command, ...args] = commandOf(subject, profiles);
    this.#child = spawn(command, args, {
      detached: true,
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    running.add(this.#child);
    this.#gone = new Promise((resolve) => {
      this.#child.once('error', (error) => this.verdict.fail(error));
      this.#child.once('close', (code, signal) => {
        running.delete(this.#child);
        resolve();
        if (!this.#stopping) this.verdict.fail(`the process ended: ${code ?? signal ?? ''}`);
      });
    });
    // Written to a process that is gone: its end is what is told.
    this.#child.stdin.on('error', () => undefined);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, gives, failed } = JSON.parse(line) as Reply;
      if (failed !== undefined) this.verdict.fail(failed);
      this.#waiting.get(id)?.(gives);
      this.#waiting.delete(id);
    });
  }

  /** Resolves once it listens. `profiles` is a folder for V8's CPU profiles. */
  static async start(subject: SubjectName, profiles?: string): Promise<ServerProcess> {
    const server = new ServerProcess(subject, profiles);
    server.port = (await server.#reply(0, 'listening', patienceMs)) as number;
    return server;
  }

  async order<N extends OrderName>(
    name: N,
    ...[takes]: Parameters<Orders[N]>
  ): Promise<Awaited<ReturnType<Orders[N]>>> {
    const id = ++this.#lastId;
    this.#child.stdin.write(`${JSON.stringify({ id, name, takes })}\n`);
    return (await this.#reply(id, name, 300_000)) as Awaited<ReturnType<Orders[N]>>;
  }

  /** Resolves once the process is gone. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.stdin.end();
    await this.#gone;
  }

  #reply(id: number, what: string, ms: number): Promise<unknown> {
    const gives = new Promise((resolve) => this.#waiting.set(id, resolve));
    return this.verdict.within(ms, what, gives);
  }
}

type Reply = Readonly<{ id: number; gives?: unknown; failed?: string }>;

function commandOf(subject: SubjectName, profiles: string | undefined): [string, ...string[]] {
  if (subject === 'mcp-go') return [mcpGoProgram];
  const profiling = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}/${subject}`] : [];
  return [process.execPath, ...process.execArgv, '--expose-gc', ...profiling, main, subject];
}
