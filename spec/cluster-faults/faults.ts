import { setTimeout as pause } from 'node:timers/promises';

import { until } from '../support/program/waiting.js';
import { RedisServer } from '../support/redis-server.js';
import type { Clients } from './clients.js';
import type { Cluster, NodeSlot } from './cluster.js';

/** Injects a fault for a while. Throws unless the fault was in force all the time. */
export type Fault = (cluster: Cluster, clients: Clients) => Promise<string | undefined>;

const TERMINATE_MS = 15_000;

async function none({ balancer }: Cluster): Promise<undefined> {
  const before = balancer.cuts;
  await pause(2_000);
  demand(balancer.cuts > before, 'no stream was cut');
}

async function adapterPaused({ adapter }: Cluster): Promise<undefined> {
  adapter.pause();
  await pause(1_000);
  demand(!(await adapter.responds()), 'the adapter is not paused');
  await pause(500);
  demand(!(await adapter.responds()), 'the adapter is not paused any more');
  adapter.continue();
  await until(async () => ((await adapter.responds()) ? undefined : 'the adapter does not go on'));
}

async function adapterKilled({ adapter }: Cluster): Promise<undefined> {
  await adapter.kill();
  await pause(500);
  demand(!(await adapter.responds()), 'the adapter is there');
  await pause(500);
  demand(!(await adapter.responds()), 'the adapter is there');
  await adapter.restart();
}

async function connectionsCut({ adapter, slots }: Cluster): Promise<string> {
  if (!(adapter instanceof RedisServer)) throw new Error('only Redis can do this');
  let count = 0;
  for (let time = 0; time < 3; time += 1) {
    const cut = await adapter.cut();
    count += cut;
    await pause(300);
  }
  demand(count >= 2 * slots.length, `only ${count} connections were cut`);
  return `${count} connections`;
}

/** The sessions of the node end, and their clients notice. All others go on. */
async function nodeKilled(cluster: Cluster, clients: Clients): Promise<string> {
  const slot = busiest(cluster, clients);
  const { node } = slot;
  cluster.stopped.add(node.name);
  const affected = clients.of(node.name);
  const sessions = affected.map(({ session }) => session);
  demand(affected.length > 0, 'the node has no sessions');
  await node.process.kill();
  const began = performance.now();
  const noticing = until(() => {
    const unaware = affected.filter(({ session }, index) => session === sessions[index]);
    if (unaware.length === 0) return undefined;
    return `${unaware.map(({ name }) => name).join()} have not noticed`;
  }).then(() => {
    demand(!node.process.alive, 'the node lives');
    return ((performance.now() - began) / 1_000).toFixed(1);
  });
  // The next fault needs all nodes, whatever came of this one.
  const seconds = await noticing.finally(() => cluster.replace(slot));
  return `${affected.length} clients noticed, the last after ${seconds} s`;
}

/** Nothing passes between the node and the adapter, and no connection ends. */
async function nodePartitioned(cluster: Cluster, clients: Clients): Promise<string> {
  const { network } = busiest(cluster, clients);
  network.freeze();
  await pause(3_000);
  const { toServer, toClient } = network.held;
  demand(toServer > 0 && toClient > 0, 'nothing was held back');
  network.thaw();
  return `${toServer} and ${toClient} bytes held back`;
}

async function rollingRestart(cluster: Cluster): Promise<string> {
  const times: string[] = [];
  for (const slot of cluster.slots) {
    const began = performance.now();
    const { name, process } = slot.node;
    cluster.stopped.add(name);
    await process.terminate(TERMINATE_MS);
    demand(!process.alive, 'the node lives');
    times.push(`${((performance.now() - began) / 1_000).toFixed(1)} s`);
    await cluster.replace(slot);
    await cluster.connected();
  }
  return `closed in ${times.join(', ')}`;
}

export const faults = {
  none,
  'adapter paused': adapterPaused,
  'adapter killed and restarted': adapterKilled,
  'adapter connections cut': connectionsCut,
  'node partitioned': nodePartitioned,
  'node killed': nodeKilled,
  'rolling restart': rollingRestart,
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

function busiest({ slots }: Cluster, clients: Clients): NodeSlot {
  const load = ({ node }: NodeSlot): number => clients.of(node.name).length;
  const [first] = [...slots].sort((one, two) => load(two) - load(one));
  if (!first) throw new Error('there are no nodes');
  return first;
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the fault was not in force: ${what}`);
}
