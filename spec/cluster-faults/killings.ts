import { setTimeout as pause } from 'node:timers/promises';

import { until } from '../support/program/waiting.js';
import type { Clients } from './clients.js';
import type { Cluster, NodeSlot } from './cluster.js';
import type { Call, ClusterClient } from './cluster-client.js';

/** By then each call of the node is answered or refused. */
const SETTLED_MS = 15_000;
const KILLINGS = 3;
/** The node is killed at a moment between these. */
const EARLIEST_MS = 200;
const LATEST_MS = 2_200;

/** For so long after an outage of the adapter no node is taken for dead: docs/several-nodes.md. */
const RECOVERY_MS = 31_000;

/** When the adapter of each cluster was last out of reach. */
const outages = new WeakMap<Cluster, number>();

/** The adapter of the cluster was out of reach for some node until now. */
export function noteOutage(cluster: Cluster): void {
  outages.set(cluster, performance.now());
}

/** What is under way at the node that is killed. */
interface Affected {
  readonly client: ClusterClient;
  readonly sessionId: string;
  readonly calls: readonly Call[];
}

/** A node is killed, and another one takes its place: its clients notice, and each call is settled. */
export async function killNode(
  cluster: Cluster,
  clients: Clients,
  slot: NodeSlot,
): Promise<string> {
  const recovered = (outages.get(cluster) ?? -Infinity) + RECOVERY_MS;
  if (recovered > performance.now()) {
    // Nothing is to be learned meanwhile.
    cluster.balancer.stopCutting();
    await pause(recovered - performance.now());
    cluster.balancer.startCutting();
  }
  await pause(EARLIEST_MS + cluster.random() * (LATEST_MS - EARLIEST_MS));
  const { node } = slot;
  const { name, process } = node;
  cluster.stopped.add(name);
  const affected = clients.of(name).map((client) => affectedBy(cluster, client, name));
  if (affected.length === 0)
    throw new Error('the fault was not in force: the node has no sessions');
  await process.kill();
  const began = performance.now();
  // A client whose streams are cut all the time reads less than it is sent, and falls behind.
  cluster.balancer.stopCutting();
  try {
    await settled(affected, began);
    const seconds = secondsSince(began);
    await until(() => {
      const unaware = affected.filter(({ client, sessionId }) => client.session?.id === sessionId);
      if (unaware.length === 0) return undefined;
      return `${unaware.map(({ client }) => `${client.name} (${client.errors})`).join()} have not noticed`;
    });
    if (process.alive) throw new Error('the fault was not in force: the node lives');
    const running = affected.flatMap(({ calls }) => calls);
    const told = running.filter(({ error }) => error?.includes('-32010')).length;
    return `${affected.length} clients noticed, ${running.length} calls settled after ${seconds} s, ${told} of them by -32010`;
  } finally {
    cluster.balancer.startCutting();
    // The next fault needs all nodes, whatever came of this one.
    await cluster.replace(slot);
  }
}

/** Random nodes are killed at random moments, one after the other. */
export async function nodesKilled(cluster: Cluster, clients: Clients): Promise<string> {
  const notes: string[] = [];
  for (let count = 0; count < KILLINGS; count += 1) {
    await cluster.connected();
    const slots = cluster.slots.filter(({ node }) => clients.of(node.name).length > 0);
    const slot = slots[Math.floor(cluster.random() * slots.length)];
    if (!slot) throw new Error('no node has sessions');
    for (const client of clients.of(slot.node.name)) client.call('hold');
    notes.push(await killNode(cluster, clients, slot));
    await oneOwnerEach(cluster);
  }
  return notes.join('; ');
}

/** No session is at two nodes. */
async function oneOwnerEach(cluster: Cluster): Promise<void> {
  const ids = (await cluster.askAll('sessions')).flat().map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (twice.length > 0) throw new Error(`${twice.join()} are at two nodes`);
}

function affectedBy({ balancer }: Cluster, client: ClusterClient, node: string): Affected {
  const calls = client.calls.filter(({ name, outcome }) => {
    return outcome === 'pending' && balancer.posts.get(name)?.sessionId.startsWith(node) === true;
  });
  return { client, sessionId: client.session?.id ?? '', calls };
}

async function settled(affected: readonly Affected[], began: number): Promise<void> {
  const pending = (): string[] =>
    affected.flatMap(({ calls }) =>
      calls.filter(({ outcome }) => outcome === 'pending').map(({ name }) => name),
    );
  while (pending().length > 0 && performance.now() - began < SETTLED_MS) await pause(20);
  const left = pending();
  if (left.length === 0) return;
  const errors = affected
    .filter(({ calls }) => calls.some(({ outcome }) => outcome === 'pending'))
    .map(({ client }) => `${client.name}: ${client.errors}`);
  throw new Error(`after ${secondsSince(began)} s these hang: ${left.join()} (${errors.join()})`);
}

export const secondsSince = (began: number): string =>
  ((performance.now() - began) / 1_000).toFixed(1);
