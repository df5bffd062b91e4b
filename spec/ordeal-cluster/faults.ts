import { RedisServer } from '../support/redis-server.js';
import type { Cluster, Place } from './cluster.js';
import type { Crowd } from './crowd.js';
import { pause, until } from './until.js';

/** Something that goes wrong for a while. It throws unless it was in force all the time. */
export type Fault = (cluster: Cluster, crowd: Crowd) => Promise<string | undefined>;

const TERMINATE_MS = 15_000;

async function none({ balancer }: Cluster): Promise<string> {
  const before = balancer.cuts;
  await pause(2_000);
  demand(balancer.cuts > before, 'no stream was cut');
  return `${balancer.cuts - before} cuts`;
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

async function connectionsCut({ adapter, places }: Cluster): Promise<string> {
  if (!(adapter instanceof RedisServer)) throw new Error('only Redis is asked to do this');
  let count = 0;
  for (let time = 0; time < 3; time += 1) {
    const cut = await adapter.cut();
    count += cut;
    await pause(300);
  }
  demand(count >= 2 * places.length, `only ${count} connections were cut`);
  return `${count} connections`;
}

/** Its own sessions end, and their clients are told. All others go on. */
async function nodeKilled(cluster: Cluster, crowd: Crowd): Promise<string> {
  const place = busiest(cluster, crowd);
  const { node } = place;
  cluster.gone.add(node.name);
  const lost = crowd.travellers.filter(({ life }) => life?.sessionId.startsWith(node.name));
  const lives = lost.map(({ life }) => life);
  demand(lost.length > 0, 'the node has no sessions');
  await node.kill();
  const began = performance.now();
  await until(() => {
    const unaware = lost.filter(({ life }, index) => life === lives[index]);
    return unaware.length > 0 ? `${unaware.map(({ name }) => name).join()} not told` : undefined;
  });
  demand(!node.alive, 'the node lives');
  const told = ((performance.now() - began) / 1_000).toFixed(1);
  await cluster.replace(place);
  return `${lost.length} clients told, the last after ${told} s`;
}

/** No word of it gets to the adapter or back, and nobody is told. */
async function nodePartitioned(cluster: Cluster, crowd: Crowd): Promise<string> {
  const { network } = busiest(cluster, crowd);
  network.freeze();
  await pause(3_000);
  const { toAdapter, fromAdapter } = network.held;
  demand(toAdapter > 0 && fromAdapter > 0, 'nothing was held back');
  network.thaw();
  return `${toAdapter} and ${fromAdapter} bytes held back`;
}

async function rollingRestart(cluster: Cluster): Promise<string> {
  const times: string[] = [];
  for (const place of cluster.places) {
    const began = performance.now();
    cluster.gone.add(place.node.name);
    await place.node.terminate(TERMINATE_MS);
    demand(!place.node.alive, 'the node lives');
    times.push(`${((performance.now() - began) / 1_000).toFixed(1)} s`);
    await cluster.replace(place);
    await cluster.acquainted();
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

function busiest(cluster: Cluster, crowd: Crowd): Place {
  const load = ({ node }: Place): number =>
    crowd.travellers.filter(({ life }) => life?.sessionId.startsWith(node.name)).length;
  const [first] = [...cluster.places].sort((one, two) => load(two) - load(one));
  if (!first) throw new Error('there are no nodes');
  return first;
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the fault was not in force: ${what}`);
}
