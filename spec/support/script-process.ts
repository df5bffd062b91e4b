import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A TypeScript file that runs in a process of its own, as `npx tsx FILE` runs it. */
export class ScriptProcess {
  stdout = '';
  stderr = '';
  /** How it ended, once it has. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  readonly #child: ChildProcess;

  constructor(file: string, port: number, env: Readonly<Record<string, string>> = {}) {
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      cwd: ROOT,
      env: { PATH, HOME, PORT: String(port), ...env },
    });
    child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        resolve({ code, signal });
      }),
    );
    this.#child = child;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGHUP'): void {
    this.#child.kill(signal);
  }
}
