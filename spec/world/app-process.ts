// The process of one row's application.
import { spawn, type ChildProcess } from 'node:child_process';

/** What an application prints when it listens. */
export interface Listening {
  readonly scheme: 'http' | 'https' | 'http2';
  /** The path that the router is mounted at. */
  readonly path: string;
  readonly port?: number;
  readonly socketPath?: string;
  /** A header that some of its responses have. */
  readonly header?: string;
  readonly control: number;
}

/** What it says of itself. */
export interface Condition {
  /** Sessions with a client that is connected. */
  readonly open: number;
  /** What `onError` was told. */
  readonly failed: readonly string[];
  /** Whether the middleware was at work. */
  readonly evidence: boolean;
}

const START_MS = 60_000;

export class AppProcess {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(
    child: ChildProcess,
    readonly listening: Listening,
  ) {
    this.#child = child;
  }

  static async start(
    command: string,
    args: readonly string[],
    cwd: string,
    env: Readonly<Record<string, string>>,
  ): Promise<AppProcess> {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
    let output = '';
    const listening = await new Promise<Listening>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`it does not listen: ${output.slice(-2_000)}`));
      }, START_MS);
      const read = (chunk: Buffer): void => {
        output += chunk.toString();
        const line = /^\{"world":(.*)\}$/m.exec(output)?.[1];
        if (line === undefined) return;
        clearTimeout(timer);
        resolve(JSON.parse(line) as Listening);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('error', reject);
      child.once('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`it ended with ${String(code)}: ${output.slice(-2_000)}`));
      });
    }).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    });
    const app = new AppProcess(child, listening);
    child.stderr.on('data', (chunk: Buffer) => (app.#output += chunk.toString()));
    return app;
  }

  /** What it has printed as errors since it listens. */
  get complaints(): string {
    return this.#output;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null;
  }

  async condition(): Promise<Condition> {
    const answer = await fetch(`http://127.0.0.1:${this.listening.control}/`);
    return (await answer.json()) as Condition;
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
