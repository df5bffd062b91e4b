import { setTimeout as pause } from 'node:timers/promises';

import { until } from '../support/program/waiting.js';
import type { TcpRelay } from '../support/program/tcp-relay.js';
import { RedisServer } from '../support/redis-server.js';
import type { Clients } from './clients.js';
import type { Cluster, NodeSlot } from './cluster.js';
import { killNode, nodesKilled } from './killings.js';

/** Injects a fault for a while. Throws unless the fault was in force all the time. */
export type Fault = (cluster: Cluster, clients: Clients) => Promise<string | undefined>;

const TERMINATE_MS = 15_000;
const SWAP_MS = 20_000;

async function none({ balancer }: Cluster): Promise<undefined> {
  const before = balancer.cuts;
  await pause(2_000);
  demand(balancer.cuts > before, 'no stream was cut');
}

async function adapterPaused({ adapter }: Cluster): Promise<undefined> {
  if (!('pause' in adapter)) throw new Error('only one server can do this');
  adapter.pause();
  await pause(1_000);
  demand(!(await adapter.responds()), 'the adapter is not paused');
  await pause(500);
  demand(!(await adapter.responds()), 'the adapter is not paused any more');
  adapter.continue();
  await until(async () => ((await adapter.responds()) ? undefined : 'the adapter does not go on'));
}

/** Kills the server, and starts it again after so long. */
export async function adapterKilled(
  { adapter }: Pick<Cluster, 'adapter'>,
  ms: number,
): Promise<undefined> {
  if (!('kill' in adapter)) throw new Error('only one server can do this');
  await adapter.kill();
  await pause(ms / 2);
  demand(!(await adapter.responds()), 'the adapter is there');
  await pause(ms / 2);
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

/** The sessions of the node end, and their clients and calls learn of it. All others go on. */
async function nodeKilled(cluster: Cluster, clients: Clients): Promise<string> {
  return killNode(cluster, clients, busiest(cluster, clients));
}

/** Nothing passes between the node and the adapter, and no connection ends. */
async function nodePartitioned(cluster: Cluster, clients: Clients): Promise<string> {
  const network = networkOf(busiest(cluster, clients));
  network.freeze();
  await pause(3_000);
  const { toServer, toClient } = network.held;
  demand(toServer > 0 && toClient > 0, 'nothing was held back');
  network.thaw();
  return `${toServer} and ${toClient} bytes held back`;
}

/** What the node sends does not arrive, or what it should hear; the other direction passes. */
function partitionedOneWay(way: 'toServer' | 'toClient'): Fault {
  return async (cluster, clients) => {
    const network = networkOf(busiest(cluster, clients));
    network.freeze(way);
    await pause(4_000);
    const held = network.held[way];
    demand(held > 0, 'nothing was held back');
    network.thaw();
    return `${held} bytes held back`;
  };
}

async function farAway({ slots }: Cluster): Promise<undefined> {
  for (const slot of slots) networkOf(slot).delay(50);
  await pause(4_000);
  for (const slot of slots) networkOf(slot).delay(0);
}

/** The server is restarted, and the nodes come back to it one after the other. */
async function staggered({ adapter, slots }: Cluster): Promise<undefined> {
  if (!(adapter instanceof RedisServer)) throw new Error('only Redis can do this');
  for (const slot of slots) networkOf(slot).refuse(true);
  await adapter.kill();
  await adapter.restart();
  for (const slot of slots) {
    networkOf(slot).refuse(false);
    await pause(2_500);
  }
}

async function cutInSeries({ adapter }: Cluster): Promise<string> {
  if (!(adapter instanceof RedisServer)) throw new Error('only Redis can do this');
  let count = 0;
  for (const until = performance.now() + 5_000; performance.now() < until;) {
    count += await adapter.cut();
    await pause(100);
  }
  demand(count > 20, `only ${count} connections were cut`);
  return `${count} connections`;
}

/** Two of three nodes find another server where theirs was, for a while. */
async function twoServers({ adapter, slots }: Cluster): Promise<string> {
  if (!(adapter instanceof RedisServer)) throw new Error('only Redis can do this');
  const other = await RedisServer.begin();
  const [, ...moved] = slots.map(networkOf);
  try {
    for (const network of moved) network.leadTo(other.port);
    await pause(SWAP_MS);
    demand((await other.clients()) >= 2 * moved.length, 'nobody is at the other server');
  } finally {
    for (const network of moved) network.leadTo(adapter.port);
    await other.stop();
  }
  return `${SWAP_MS / 1_000} s`;
}

function loopBlocked(how: 'block5s' | 'block7s'): Fault {
  return async (cluster, clients) => {
    const { node } = busiest(cluster, clients);
    const began = performance.now();
    await node.process.ask(how);
    const ms = performance.now() - began;
    demand(ms >= Number(how.slice(5, 6)) * 1_000, 'the loop was not blocked');
    return `${(ms / 1_000).toFixed(1)} s`;
  };
}

async function stopped(cluster: Cluster, clients: Clients): Promise<undefined> {
  const { process } = busiest(cluster, clients).node;
  process.signal('SIGSTOP');
  await pause(10_000);
  process.signal('SIGCONT');
}

export async function failover({ adapter }: Pick<Cluster, 'adapter'>): Promise<string> {
  if (!('failOver' in adapter)) throw new Error('only several servers can do this');
  const seconds = await adapter.failOver('{mcp-sse}:*');
  return `a new master after ${seconds.toFixed(1)} s`;
}

/** Long notifications go from node to node in pieces. */
async function smallPayload({ balancer }: Cluster): Promise<undefined> {
  const before = balancer.cuts;
  await pause(3_000);
  demand(balancer.cuts > before, 'no stream was cut');
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

/** By name: what can be done to a cluster. */
export const faults = {
  none,
  'node killed': nodeKilled,
  'nodes killed at random': nodesKilled,
  'adapter paused': adapterPaused,
  'adapter killed and restarted': (cluster) => adapterKilled(cluster, 1_000),
  'adapter connections cut': connectionsCut,
  'connections cut in series': cutInSeries,
  'adapter restarted, nodes back one by one': staggered,
  'adapter 100 ms away': farAway,
  'node partitioned': nodePartitioned,
  'node not heard': partitionedOneWay('toServer'),
  'node deaf': partitionedOneWay('toClient'),
  'loop blocked 5 s': loopBlocked('block5s'),
  'loop blocked 7 s': loopBlocked('block7s'),
  'node stopped 10 s': stopped,
  'two servers': twoServers,
  'rolling restart': rollingRestart,
  failover,
  'small payload': smallPayload,
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

function busiest({ slots }: Cluster, clients: Clients): NodeSlot {
  const load = ({ node }: NodeSlot): number => clients.of(node.name).length;
  const [first] = [...slots].sort((one, two) => load(two) - load(one));
  if (!first) throw new Error('there are no nodes');
  return first;
}

function networkOf({ network }: NodeSlot): TcpRelay {
  if (!network) throw new Error('this adapter has no network of its own');
  return network;
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the fault was not in force: ${what}`);
}
