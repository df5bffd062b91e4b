import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import type { BudgetState } from '../support/programs/budget-server.js';
import { request } from '../support/messages.js';
import { StreamClient } from '../support/stream-client.js';
import { INPUTS, type Target } from './inputs.js';

const PROGRAM = fileURLToPath(new URL('../support/programs/budget-server.ts', import.meta.url));
/** `HEAP_SECONDS=30` is the long form. */
const SECONDS = Number(process.env.HEAP_SECONDS ?? 8);
const MiB = 1 << 20;
/** What a heap differs by anyway: compiled code, caches, pools of buffers. */
const NOISE = 12 * MiB;

/** Calls a small tool over and over, and counts how it is served. */
class HonestClient {
  calls = 0;
  /** Refusals that tell when to come again. */
  retries = 0;
  readonly faults: string[] = [];
  longestMs = 0;

  constructor(private readonly stream: StreamClient) {}

  async work(done: () => boolean): Promise<void> {
    while (!done()) await this.#call(`call-${(this.calls += 1)}`);
  }

  async #call(id: string): Promise<void> {
    const given = { id, text: 'small' };
    const body = request(id, 'tools/call', { name: 'echo', arguments: given });
    const start = performance.now();
    try {
      let answer = await this.stream.post(body);
      while (answer.status === 503 && answer.headers['retry-after']) {
        this.retries += 1;
        await pause(1_000 * Number(answer.headers['retry-after']));
        answer = await this.stream.post(body);
      }
      if (answer.status !== 202) this.faults.push(`${id}: ${answer.status} ${answer.body}`);
      const { result } = await this.stream.nextMessage((message) => message.id === id, 60_000);
      expect(result).toEqual({ echoed: given });
    } catch (error) {
      this.faults.push(`${id}: ${String(error).slice(0, 200)}`);
      if (this.stream.ended) throw error;
    }
    this.longestMs = Math.max(this.longestMs, performance.now() - start);
  }
}

async function start(): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(PROGRAM, {
    execArgv: ['--import', 'tsx', '--expose-gc', '--max-old-space-size=512'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, url: `http://127.0.0.1:${Number(String(line))}` };
}

it(
  'fifteen sessions are served while attackers try to fill 512 MiB of heap',
  async () => {
    const { child, url } = await start();
    const state = async (): Promise<BudgetState> =>
      (await (await fetch(`${url}/state`)).json()) as BudgetState;

    const honest: HonestClient[] = [];
    for (let n = 0; n < 15; n += 1) {
      const stream = await StreamClient.open(`${url}/sse`);
      await stream.request('initialize', { clientInfo: { name: 'honest', version: '1' } });
      honest.push(new HonestClient(stream));
    }
    const warm = performance.now() + 1_000;
    await Promise.all(honest.map((each) => each.work(() => performance.now() > warm)));
    const before = await state();

    const deadline = performance.now() + 1_000 * SECONDS;
    const done = (): boolean => performance.now() > deadline;
    const served = Promise.all(honest.map((each) => each.work(done)));
    const targets = Object.entries(INPUTS).map(([name, input]) => {
      const target: Target = { url, done, statuses: new Map<number, number>() };
      return { name, target, sent: input(target) };
    });
    await Promise.all([served, ...targets.map(({ sent }) => sent)]);
    expect([child.exitCode, child.signalCode], 'the process lives').toEqual([null, null]);

    let after = await state();
    const quiet = performance.now() + 60_000;
    while (
      performance.now() < quiet &&
      (after.sessions > 15 || after.totalBytes > before.totalBytes)
    ) {
      await pause(200);
      after = await state();
    }
    const sum = (of: 'calls' | 'retries'): number =>
      honest.reduce((total, each) => total + each[of], 0);
    const report = {
      calls: sum('calls'),
      retries: sum('retries'),
      longestMs: Math.round(Math.max(...honest.map(({ longestMs }) => longestMs))),
      before,
      after,
      inputs: targets.map(({ name, target }) => [name, Object.fromEntries(target.statuses)]),
    };
    if (process.env.HEAP_SECONDS) console.log(JSON.stringify(report, undefined, 1));
    const told = JSON.stringify(report);
    expect(
      honest.flatMap(({ faults }) => faults),
      told,
    ).toEqual([]);
    // Every input was there at all.
    for (const { name, target } of targets)
      if (name !== 'singleBytes') expect(target.statuses.size, name).toBeGreaterThan(0);
    expect([after.sessions, after.totalBytes], told).toEqual([15, before.totalBytes]);
    expect(after.held, told).toBeLessThan(before.held * 1.1 + NOISE);
    // Otherwise nothing was tried.
    const over = (after.refused['over-budget'] ?? 0) + (after.closed['over-budget'] ?? 0);
    expect(over, told).toBeGreaterThan(0);
  },
  1_000 * (SECONDS + 300),
);
