import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { seededRandom } from '../support/cut-plan.js';
import { lastingPort } from '../support/lasting-port.js';
import { NatsServer } from '../support/nats-server.js';
import { NatsTrio } from '../support/nats-trio.js';
import { ForkedProgram } from '../support/program/forked-program.js';
import { TcpRelay } from '../support/program/tcp-relay.js';
import { until } from '../support/program/waiting.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisServer } from '../support/redis-server.js';
import { RedisTrio } from '../support/redis-trio.js';
import type { AdapterName } from './adapters.js';
import { Balancer } from './balancer.js';
import type { NodeProtocol, NodeState } from './requests.js';

const NODES = 3;
/** Bytes: less than a long notification takes. */
const SMALL_PAYLOAD = 1_024;
const PROGRAM = new URL('node.ts', import.meta.url);

/** What the nodes share: one server, or several that know of each other. */
export type AdapterServers = RedisServer | NatsServer | RedisTrio | RedisCluster | NatsTrio;

const begin: Readonly<Record<AdapterName, () => Promise<AdapterServers>>> = {
  redis: () => RedisServer.begin(),
  ioredis: () => RedisServer.begin(),
  nats: () => NatsServer.begin(),
  'nats-small': () => NatsServer.begin(SMALL_PAYLOAD),
  sentinel: () => RedisTrio.begin(),
  'redis-cluster': () => RedisCluster.start(1),
  'nats-cluster': () => NatsTrio.begin(),
};

/** A place in the cluster: its port, its network, and the node that is there now. */
export interface NodeSlot<Spoken extends NodeProtocol = NodeProtocol> {
  readonly port: number;
  /** The network in front of the adapter, where that is one server. */
  readonly network: TcpRelay | undefined;
  node: ClusterNode<Spoken>;
}

export interface ClusterNode<Spoken extends NodeProtocol = NodeProtocol> {
  /** The beginning of its sessions' ids. */
  readonly name: string;
  readonly process: ForkedProgram<Spoken>;
}

/** Three nodes on an adapter, behind a balancer. */
export class Cluster<Spoken extends NodeProtocol = NodeProtocol> {
  /** Names of nodes that were terminated or killed: their sessions may end with them. */
  readonly stopped = new Set<string>();
  /** Where nodes write down which calls they run. */
  readonly journal: string;
  #notifying = false;

  private constructor(
    readonly adapterName: AdapterName,
    readonly adapter: AdapterServers,
    readonly slots: readonly NodeSlot<Spoken>[],
    readonly balancer: Balancer,
    readonly random: () => number,
    private readonly directory: string,
    private readonly program: NodeProgram,
  ) {
    this.journal = journalIn(directory);
  }

  /** @param file the program of a node, which is given `more` as its last arguments */
  static async start<Spoken extends NodeProtocol = NodeProtocol>(
    adapterName: AdapterName,
    seed: number,
    file: URL = PROGRAM,
    more: readonly string[] = [],
  ): Promise<Cluster<Spoken>> {
    const directory = await mkdtemp(join(tmpdir(), 'cluster-'));
    await writeFile(journalIn(directory), '');
    const adapter = await begin[adapterName]();
    const program = { file, adapterName, more };
    const slots = await Promise.all(
      Array.from({ length: NODES }, async () => {
        const port = await lastingPort();
        const network = 'port' in adapter ? await TcpRelay.to(adapter.port) : undefined;
        const address = network ? String(network.port) : addressOf(adapter);
        const node = await startNode<Spoken>(program, port, address, directory);
        return { port, network, node };
      }),
    );
    const random = seededRandom(seed);
    const ports = slots.map(({ port }) => port);
    const balancer = await Balancer.before(ports, random);
    const parts = [adapterName, adapter, slots, balancer, random, directory, program] as const;
    const cluster = new Cluster<Spoken>(...parts);
    await cluster.connected();
    return cluster;
  }

  /** Whether nodes send notifications to their sessions, later nodes included. */
  async notify(notifying: boolean): Promise<void> {
    this.#notifying = notifying;
    await this.askAll(notifying ? 'startNotifying' : 'stopNotifying');
  }

  askAll<Name extends keyof Spoken['answers'] & string>(
    name: Name,
  ): Promise<Spoken['answers'][Name][]> {
    return Promise.all(this.slots.map(({ node }) => node.process.ask(name)));
  }

  /** Starts a new node in the slot of one that has ended. */
  async replace(slot: NodeSlot<Spoken>): Promise<void> {
    const address = slot.network ? String(slot.network.port) : addressOf(this.adapter);
    slot.node = await startNode<Spoken>(this.program, slot.port, address, this.directory);
    if (this.#notifying) await slot.node.process.ask('startNotifying');
  }

  /** Whether the node of that session is there, as far as it was not stopped on purpose. */
  readonly isAlive = (sessionId: string): boolean => !this.stopped.has(sessionId.slice(0, 12));

  states(): Promise<NodeState[]> {
    return this.askAll('state');
  }

  /** Resolves when all nodes know each other. */
  connected(): Promise<void> {
    return until(async () => {
      const states = await this.states();
      const known = states.map(({ cluster }) => (cluster.up ? cluster.nodes : 0));
      // One that was killed counts as there for some seconds.
      return known.every((nodes) => nodes >= NODES) ? undefined : `nodes know ${known.join()}`;
    });
  }

  /** How often each call has run. */
  async runs(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const line of (await readFile(this.journal, 'utf8')).split('\n')) {
      const [name = ''] = line.split(' ');
      if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  /** Nodes that have ended by themselves, and what nodes have written to stderr. */
  crashes(): string[] {
    return this.slots.flatMap(({ node: { process } }) => [
      ...(process.crashed ? ['a node has ended by itself'] : []),
      ...(process.stderr === '' ? [] : [process.stderr]),
    ]);
  }

  async stop(): Promise<void> {
    await Promise.all(this.slots.map(({ node }) => node.process.kill()));
    this.balancer.close();
    for (const { network } of this.slots) network?.close();
    await this.adapter.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

const addressOf = (adapter: AdapterServers): string =>
  'ports' in adapter ? adapter.ports : String(adapter.port);

const journalIn = (directory: string): string => join(directory, 'journal');

interface NodeProgram {
  readonly file: URL;
  readonly adapterName: AdapterName;
  readonly more: readonly string[];
}

async function startNode<Spoken extends NodeProtocol>(
  { file, adapterName, more }: NodeProgram,
  port: number,
  address: string,
  directory: string,
): Promise<ClusterNode<Spoken>> {
  const args = [adapterName, address, String(port), journalIn(directory), ...more];
  const { program, ready } = await ForkedProgram.start<Spoken>(file, args);
  return { name: ready, process: program };
}
