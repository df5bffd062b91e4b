import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { AdapterName } from './adapters.js';
import type { NodeMessage, OrderName, Orders } from './orders.js';

const PROGRAM = fileURLToPath(new URL('node.ts', import.meta.url));
const START_MS = 60_000;
const ORDER_MS = 20_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface NodeOptions {
  readonly adapter: AdapterName;
  readonly adapterPort: number;
  readonly port: number;
  /** The file of the calls that have run. */
  readonly journal: string;
}

/** A node's process, seen from outside. */
export class NodeProcess {
  /** Its name, as in its sessions' ids. */
  name = '';
  stderr = '';
  /** That it ends is part of the ordeal. */
  mayEnd = false;
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, (gives: unknown) => void>();
  #orders = 0;

  private constructor(
    readonly port: number,
    child: ChildProcess,
  ) {
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  static async start({ adapter, adapterPort, port, journal }: NodeOptions): Promise<NodeProcess> {
    const child = fork(PROGRAM, [adapter, String(adapterPort), String(port), journal], {
      execArgv: ['--import', 'tsx', '--expose-gc'],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    const node = new NodeProcess(port, child);
    node.name = await node.#within(START_MS, 'the start of a node', (resolve) => {
      child.on('message', (message: unknown) => {
        const told = message as NodeMessage;
        if (told.kind === 'listening') resolve(told.node);
        else node.#answers.get(told.id)?.(told.gives);
      });
    });
    return node;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  order<Name extends OrderName>(name: Name): Promise<Orders[Name]> {
    const id = (this.#orders += 1);
    return this.#within(ORDER_MS, `an answer to ${name}`, (resolve) => {
      this.#answers.set(id, (gives) => {
        this.#answers.delete(id);
        resolve(gives as Orders[Name]);
      });
      this.#child.send({ id, name });
    });
  }

  async kill(): Promise<void> {
    this.mayEnd = true;
    if (!this.alive) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Asks it to end, as a supervisor does. @throws Error when it does not, or ends badly */
  async terminate(timeoutMs: number): Promise<void> {
    this.mayEnd = true;
    this.#child.kill('SIGTERM');
    const code = await this.#within<number | null>(timeoutMs, 'the end of a node', (resolve) => {
      this.#child.once('exit', resolve);
    });
    if (code !== 0) throw new Error(`a node that was asked to end ended with ${String(code)}`);
  }

  /** Rejects after `ms`, or when the process ends before the answer. */
  #within<T>(ms: number, what: string, start: (resolve: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${what}: ${why}\n${this.stderr}`));
      const timer = setTimeout(fail, ms, `not within ${ms} ms`);
      const ended = (): void => fail('the node has ended');
      // The listeners of `start` come first: an end may be what is waited for.
      start((value) => {
        clearTimeout(timer);
        this.#child.off('exit', ended);
        resolve(value);
      });
      this.#child.once('exit', ended);
    });
  }
}
