import { setTimeout as pause } from 'node:timers/promises';

import { seededRandom } from '../../support/cut-plan.js';
import { until } from '../../support/program/waiting.js';
import type { Cluster, NodeSlot } from '../cluster.js';
import { adapterKilled, failover } from '../faults.js';
import { secondsSince } from '../killings.js';
import type { DeployProtocol } from './answers.js';
import type { DeployClient } from './client.js';
import type { CallRecord } from './records.js';

/** A run of clients of all kinds. */
export interface Course {
  readonly cluster: Cluster<DeployProtocol>;
  readonly clients: readonly DeployClient[];
  /** How often it shall happen. */
  readonly rounds: number;
  /**
   * A client in Python whose session is at `slot`, and whose stream is at `stays`. Undefined where
   * there is no Python.
   */
  startStaying(slot: Slot, stays: Slot): Promise<DeployClient | undefined>;
  endStaying(client: DeployClient | undefined): Promise<void>;
}

/** What happens to nodes. */
export interface Event {
  /** Which statuses POSTs may get by it. */
  readonly mayRefuse: readonly number[];
  /** Nodes may refuse notifications, and do not tell all others of a broadcast; both are reported. */
  readonly mayLose?: boolean;
  /** What a client answers to the server may be refused too, and is not sent again: nobody is asked. */
  readonly asksNobody?: boolean;
  /** Resolves to what there is to say of it. */
  readonly run: (course: Course) => Promise<string>;
}

type Slot = NodeSlot<DeployProtocol>;

const TERMINATE_MS = 15_000;
const SHORT_MS = 3_000;
const LONG_MS = 12_000;
/** By then each call of a node that was killed is answered or refused. */
const SETTLED_MS = 15_000;
/** By then its clients have other sessions. */
const RETURNED_MS = 30_000;
/** A node that hands its sessions over, or another one, is killed within this time. */
const HANDING_OVER_MS = 1_500;
/** For so long after a death each node may be missing others. */
const QUIET_MS = 1_000;

async function deploys(course: Course): Promise<string> {
  const { cluster, clients, rounds } = course;
  const times: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, slot] of cluster.slots.entries()) {
      const staying = await course.startStaying(slot, next(cluster, at));
      await beginCalls(cluster, await clientsOf(slot, clients), ['ask500', 'ask6000', 'hold']);
      cluster.stopped.add(slot.node.name);
      const began = performance.now();
      await slot.node.process.terminate(TERMINATE_MS);
      times.push(((performance.now() - began) / 1_000).toFixed(1));
      await cluster.replace(slot);
      await cluster.connected();
      await course.endStaying(staying);
    }
  }
  return `closed in ${times.join(', ')} s`;
}

/**
 * The node with most of the clients that would wait for their calls (others begin anew) is killed at
 * a random moment, and another one takes its place.
 */
async function crash(course: Course): Promise<string> {
  const { cluster, clients, rounds } = course;
  const notes: string[] = [];
  const waiting = clients.filter(({ beginsAnew }) => !beginsAnew);
  for (let round = 0; round < rounds; round += 1) {
    const { slot, at } = await busiest(cluster, waiting);
    const staying = await course.startStaying(slot, next(cluster, at));
    staying?.call('hold');
    const affected = await clientsOf(slot, clients);
    await beginCalls(cluster, affected, ['hold', 'hold', 'hold', 'hold', 'hold', 'ask6000']);
    await pause(cluster.random() * SHORT_MS);
    notes.push(await kill(cluster, slot, staying ? [...affected, staying] : affected));
    await cluster.replace(slot);
    await cluster.connected();
    await pause(QUIET_MS);
  }
  return notes.join('; ');
}

async function kill(
  cluster: Course['cluster'],
  { node: { name, process } }: Slot,
  affected: readonly DeployClient[],
): Promise<string> {
  cluster.stopped.add(name);
  const before = affected.map((client) => ({ client, session: client.sessions.at(-1) }));
  for (const { client } of before) client.mayLose = true;
  const calls = affected.flatMap((client) =>
    client.calls.filter(({ outcome }) => outcome === 'pending'),
  );
  await process.kill();
  const began = performance.now();
  await settled(calls);
  const seconds = secondsSince(began);
  await until(() => {
    const late = before.filter(
      ({ client, session }) => !client.passing && client.sessions.at(-1) === session,
    );
    const told = late.map(({ client }) => `${client.name} (${client.errors.join()})`);
    return late.length > 0 ? `these have no other session: ${told.join(', ')}` : undefined;
  }, RETURNED_MS);
  return `${affected.length} clients of a node that was killed had another session after ${secondsSince(began)} s, and ${calls.length} calls were settled after ${seconds} s`;
}

/**
 * While a node hands its sessions over, a random one is killed, at a random moment: that one, or one
 * to which it gives them.
 */
async function killedMeanwhile({ cluster, clients, rounds }: Course): Promise<string> {
  const notes: string[] = [];
  for (const client of clients) client.mayLose = true;
  // Whatever else draws numbers from it meanwhile.
  const random = seededRandom(Math.floor(cluster.random() * 2 ** 31));
  for (let round = 0; round < 2 * rounds; round += 1) {
    const { slot } = await busiest(cluster, clients);
    const victim = cluster.slots[Math.floor(random() * cluster.slots.length)] ?? slot;
    for (const { node } of [slot, victim]) cluster.stopped.add(node.name);
    const ended = slot.node.process.terminate(TERMINATE_MS).then(
      () => undefined,
      (error: unknown) => error,
    );
    const ms = random() * HANDING_OVER_MS;
    await pause(ms);
    await victim.node.process.kill();
    const error = await ended;
    if (error !== undefined && victim !== slot) throw error as Error;
    for (const each of new Set([slot, victim])) await cluster.replace(each);
    await cluster.connected();
    await until(() => {
      const late = clients.filter((client) => isStranded(cluster, client));
      return late.length > 0 ? `${late.map(({ name }) => name).join()} have no node` : undefined;
    }, RETURNED_MS);
    notes.push(`${victim === slot ? 'itself' : 'another one'} after ${ms.toFixed(0)} ms`);
  }
  return `killed while a node hands over: ${notes.join(', ')}`;
}

/** Nothing passes between the first node and the adapter for so long. */
function partition(ms: number): (course: Course) => Promise<string> {
  return (course) =>
    suffer(course, ms, async ({ slots: [first] }) => {
      if (!first?.network) throw new Error('this adapter has no network of its own');
      first.network.freeze();
      await pause(ms);
      const { toServer, toClient } = first.network.held;
      first.network.thaw();
      if (toServer === 0 || toClient === 0) throw new Error('nothing was held back');
      return `${toServer} and ${toClient} bytes held back for ${ms / 1_000} s`;
    });
}

function adapterAway(ms: number): (course: Course) => Promise<string> {
  return (course) =>
    suffer(course, ms, async (cluster) => {
      await adapterKilled(cluster, ms);
      return `for ${ms / 1_000} s`;
    });
}

const LONG = { mayRefuse: [503, 504], mayLose: true, asksNobody: true } as const;

/** By name: what can happen while clients of all kinds are connected. */
const events = {
  deploys: { mayRefuse: [], run: deploys },
  crash: { mayRefuse: [404, 502, 503, 504], run: crash },
  'killed while handing over': {
    ...{ mayRefuse: [404, 502, 503, 504], mayLose: true },
    run: killedMeanwhile,
  },
  partition: { mayRefuse: [503, 504], run: partition(SHORT_MS) },
  'long partition': { ...LONG, run: partition(LONG_MS) },
  'adapter away': { mayRefuse: [503, 504], run: adapterAway(1_000) },
  'adapter long away': { ...LONG, run: adapterAway(LONG_MS) },
  failover: { ...LONG, run: (course) => suffer(course, LONG_MS, failover) },
} satisfies Record<string, Event>;

export type EventName = keyof typeof events;

export const eventOf = (name: EventName): Event => events[name];

/**
 * It happens while a client in Python has its session at the first node and its stream elsewhere.
 *
 * @param ms for how long the nodes do not hear each other
 */
async function suffer(
  course: Course,
  ms: number,
  happen: (cluster: Course['cluster']) => Promise<string>,
): Promise<string> {
  const { cluster } = course;
  const [first, second] = cluster.slots;
  if (!first || !second) throw new Error('there are no nodes');
  const staying = await course.startStaying(first, second);
  // By then relayed streams end.
  if (staying && ms > SHORT_MS) staying.mayLose = true;
  const note = await happen(cluster);
  await cluster.connected();
  await course.endStaying(staying);
  return note;
}

/** One call of each of these clients, as far as there are clients; resolves when they run. */
async function beginCalls(
  cluster: Course['cluster'],
  clients: readonly DeployClient[],
  calls: readonly string[],
): Promise<void> {
  const asked = clients.filter(({ canBeAsked }) => canBeAsked);
  const begun = calls.flatMap((how, at) => {
    const client = how.startsWith('ask') ? asked.shift() : clients[at];
    return client ? [client.call(how)] : [];
  });
  await until(async () => {
    const runs = await cluster.runs();
    const late = begun.find(({ name }) => !runs.has(name));
    return late && `${late.name} does not run`;
  });
}

async function settled(calls: readonly CallRecord[]): Promise<void> {
  const deadline = performance.now() + SETTLED_MS;
  const hang = (): boolean => calls.some(({ outcome }) => outcome === 'pending');
  // The judge says which do.
  while (hang() && performance.now() < deadline) await pause(20);
}

async function clientsOf(slot: Slot, clients: readonly DeployClient[]): Promise<DeployClient[]> {
  const here = new Set((await slot.node.process.ask('sessions')).map(({ id }) => id));
  return clients.filter(({ sessions }) => here.has(sessions.at(-1) ?? ''));
}

async function busiest(
  cluster: Course['cluster'],
  clients: readonly DeployClient[],
): Promise<{ slot: Slot; at: number }> {
  const loads = await Promise.all(cluster.slots.map((slot) => clientsOf(slot, clients)));
  const most = Math.max(...loads.map(({ length }) => length));
  const at = loads.findIndex(({ length }) => length === most);
  const slot = cluster.slots[at];
  if (!slot || most === 0) throw new Error('no node has sessions');
  return { slot, at };
}

/** Whether the node that has sent its latest message in its session is gone. */
function isStranded({ stopped }: Course['cluster'], { sessions, owners }: DeployClient): boolean {
  const last = owners.get(sessions.at(-1) ?? '')?.at(-1);
  return last === undefined || stopped.has(last.node);
}

function next({ slots }: Course['cluster'], at: number): Slot {
  const slot = slots[(at + 1) % slots.length];
  if (!slot) throw new Error('there are no nodes');
  return slot;
}
