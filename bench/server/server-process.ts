import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { patienceMs, Verdict } from '../load/verdict.js';
import type { SubjectName } from '../subjects/index.js';
import type { OrderName, Orders, Report } from './orders.js';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const running = new Set<ChildProcess>();

// Whatever ends the benchmark ends its servers.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The generator's end of a subject's process. */
export class ServerProcess {
  readonly verdict: Verdict;
  port = 0;
  #lastId = 0;
  #stopping = false;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve(gives: unknown): void; reject(error: Error): void }
  >();
  #onListening: () => void = () => undefined;

  /** @param profiles a folder for V8's CPU profiles, a folder per subject in it */
  constructor(
    readonly subject: SubjectName,
    profiles?: string,
  ) {
    this.verdict = new Verdict(subject);
    const profiling =
      profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}/${subject}`];
    this.#child = fork(main, [subject], {
      execArgv: [...process.execArgv, '--expose-gc', ...profiling],
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    running.add(this.#child);
    this.#child.on('message', (message: unknown) => {
      this.#take(message as Report);
    });
    this.#child.once('exit', (code, signal) => {
      running.delete(this.#child);
      if (!this.#stopping) this.verdict.fail(`the server's process ended: ${code ?? signal ?? ''}`);
    });
  }

  /** Resolves once `port` is known. */
  async listening(): Promise<void> {
    if (this.port !== 0) return;
    const listening = new Promise<void>((resolve) => {
      this.#onListening = resolve;
    });
    await this.verdict.within(patienceMs, 'listening', listening);
  }

  async order<N extends OrderName>(
    name: N,
    ...[takes]: Orders[N]['takes'] extends undefined ? [] : [Orders[N]['takes']]
  ): Promise<Orders[N]['gives']> {
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#child.send({ id, name, takes });
    return (await this.verdict.within(300_000, name, answer)) as Orders[N]['gives'];
  }

  /** Resolves once the process is gone. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (!running.has(this.#child)) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    if (this.#child.connected) this.#child.disconnect();
    await gone;
    clearTimeout(timer);
  }

  #take(report: Report): void {
    if (report.kind === 'listening') {
      this.port = report.port;
      this.#onListening();
      return;
    }
    const waiting = this.#waiting.get(report.id);
    this.#waiting.delete(report.id);
    if (report.kind === 'done') waiting?.resolve(report.gives);
    else waiting?.reject(new Error(`${this.subject}: ${report.reason}`));
  }
}
