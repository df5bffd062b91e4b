/** What the works measure with. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../load/fleet.js';
import type { ServerProcess } from '../server/server-process.js';
import { percentile } from '../statistics.js';

/** CPU of servers and generator in µs per operation; operations per second. */
export type Cost = Readonly<Record<'cpu' | 'generator' | 'rate', number>>;

/** Does some work, which tells how many operations it was. */
export async function costOf(
  servers: readonly ServerProcess[],
  work: () => Promise<number>,
): Promise<Cost> {
  const cpu = async () => {
    const all = await Promise.all(servers.map((server) => server.order('cpu')));
    return all.reduce((sum, micros) => sum + micros, 0);
  };
  const before = await cpu();
  const ownBefore = process.cpuUsage();
  const began = performance.now();
  const operations = await work();
  const seconds = (performance.now() - began) / 1000;
  const own = process.cpuUsage(ownBefore);
  return {
    cpu: ((await cpu()) - before) / operations,
    generator: (own.user + own.system) / operations,
    rate: operations / seconds,
  };
}

/** Keeps calls going for `ms`, after others that are not measured. */
export async function costOfCalls(
  servers: readonly ServerProcess[],
  run: Run,
  leadInMs: number,
  ms: number,
): Promise<Cost & Record<'p50' | 'p99', number>> {
  await run(leadInMs);
  let micros: number[] = [];
  const cost = await costOf(servers, async () => (micros = await run(ms)).length);
  return { ...cost, ...latenciesOf(micros) };
}

export function latenciesOf(times: readonly number[]): Record<'p50' | 'p99', number> {
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** Resolves once the server has noticed that all its clients have left, but for `staying`. */
export async function sessionsGone(server: ServerProcess, staying = 0): Promise<void> {
  const deadline = performance.now() + 20_000;
  while ((await server.order('count')) > staying) {
    if (performance.now() > deadline) throw new Error(`${server.subject}: sessions are left`);
    await sleep(20);
  }
}
