import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { Verdict } from '../load/verdict.js';
import type { OrderName, Orders } from './orders.js';

const program = fileURLToPath(new URL('node.ts', import.meta.url));

/** The generator's end of a node's process. */
export class NodeProcess {
  readonly verdict: Verdict;
  port = 0;
  #lastId = 0;
  #stopping = false;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (gives: unknown) => void>();

  private constructor(name: string, adapterUrl: string) {
    this.verdict = new Verdict(name);
    this.#child = fork(program, [adapterUrl], {
      execArgv: process.execArgv,
      env: { ...process.env, NODE_ENV: 'production' },
    });
    process.once('exit', () => this.#child.kill('SIGKILL'));
    this.#child.on('message', (message: unknown) => {
      const { id, gives } = message as { id: number; gives: unknown };
      this.#waiting.get(id)?.(gives);
      this.#waiting.delete(id);
    });
    this.#child.once('exit', () => {
      if (!this.#stopping) this.verdict.fail('the process has ended');
    });
  }

  static async start(name: string, adapterUrl: string): Promise<NodeProcess> {
    const node = new NodeProcess(name, adapterUrl);
    node.port = await node.#answer<number>(0, 'listening');
    return node;
  }

  order<N extends OrderName>(name: N, takes?: Orders[N]['takes']): Promise<Orders[N]['gives']> {
    const id = ++this.#lastId;
    this.#child.send({ id, name, takes });
    return this.#answer(id, name);
  }

  stop(): void {
    this.#stopping = true;
    this.#child.kill('SIGKILL');
  }

  #answer<T>(id: number, what: string): Promise<T> {
    const answer = new Promise<T>((resolve) => {
      this.#waiting.set(id, resolve as (gives: unknown) => void);
    });
    return this.verdict.within(120_000, what, answer);
  }
}
