import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { FromServer, Order, State } from './orders.js';

const PROGRAM = fileURLToPath(new URL('server.ts', import.meta.url));

/** The server's process. */
export class Host {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(seed: number): Promise<Host> {
    const child = fork(PROGRAM, [String(seed)], {
      execArgv: ['--import', 'tsx', '--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [message] = (await once(child, 'message')) as [FromServer];
    if (message.kind !== 'listening') throw new Error('the server does not listen');
    return new Host(child, message.port);
  }

  /** Whether the process is still there. */
  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async state(): Promise<State> {
    if (!this.alive) throw new Error('the server has died');
    const answer = once(this.child, 'message') as Promise<[FromServer]>;
    this.#tell('state');
    const [message] = await answer;
    if (message.kind !== 'state') throw new Error('the server says something else');
    return message.state;
  }

  /** When nobody is there any more, or not within `patienceMs`. */
  async quiet(patienceMs: number): Promise<State> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const state = await this.state();
      const isQuiet = state.sessions === 0 && state.connections === 0 && state.timers === 0;
      if (isQuiet || performance.now() > deadline) return state;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** Shuts the server down. @returns its exit code, or undefined if it does not end by itself */
  async stop(patienceMs: number): Promise<number | undefined> {
    const exit = once(this.child, 'exit') as Promise<[number | null]>;
    this.#tell('stop');
    const late = new Promise<undefined>((resolve) => {
      setTimeout(resolve, patienceMs, undefined).unref();
    });
    const ended = await Promise.race([exit, late]);
    this.child.kill('SIGKILL');
    return ended?.[0] ?? undefined;
  }

  #tell(order: Order): void {
    this.child.send(order);
  }
}
