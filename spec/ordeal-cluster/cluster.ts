import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { seededRandom } from '../support/cut-plan.js';
import { freePort } from '../support/free-port.js';
import { NatsServer } from '../support/nats-server.js';
import { RedisServer } from '../support/redis-server.js';
import { Balancer } from './balancer.js';
import type { AdapterName } from './adapters.js';
import { FreezingRelay } from './freezing-relay.js';
import { NodeProcess } from './node-process.js';
import type { NodeState } from './orders.js';
import { until } from './until.js';

const NODES = 3;

/** A place for a node: its port, its network, and the process that is there now. */
export interface Place {
  readonly port: number;
  readonly network: FreezingRelay;
  node: NodeProcess;
}

/** Three nodes on an adapter, behind a balancer. */
export class Cluster {
  /** Names of nodes that were told to end, or were killed: their sessions may end with them. */
  readonly gone = new Set<string>();
  readonly #journal: string;
  #order: 'talk' | 'hush' = 'hush';

  private constructor(
    readonly adapterName: AdapterName,
    readonly adapter: RedisServer | NatsServer,
    readonly places: readonly Place[],
    readonly balancer: Balancer,
    readonly random: () => number,
    private readonly directory: string,
  ) {
    this.#journal = journalIn(directory);
  }

  static async start(adapterName: AdapterName, seed: number): Promise<Cluster> {
    const directory = await mkdtemp(join(tmpdir(), 'ordeal-'));
    await writeFile(journalIn(directory), '');
    const adapter = adapterName === 'nats' ? await NatsServer.begin() : await RedisServer.begin();
    const places = await Promise.all(
      Array.from({ length: NODES }, async () => {
        const [port, network] = [await freePort(), await FreezingRelay.to(adapter.port)];
        return { port, network, node: await startNode(adapterName, port, network, directory) };
      }),
    );
    const random = seededRandom(seed);
    const ports = places.map(({ port }) => port);
    const balancer = await Balancer.before(ports, random);
    const cluster = new Cluster(adapterName, adapter, places, balancer, random, directory);
    await cluster.acquainted();
    return cluster;
  }

  /** Has all nodes send notifications to their sessions, or not; those that come later, too. */
  async talk(order: 'talk' | 'hush'): Promise<void> {
    this.#order = order;
    await Promise.all(this.places.map(({ node }) => node.order(order)));
  }

  /** A new node in the place of one that is gone. */
  async replace(place: Place): Promise<void> {
    place.node = await startNode(this.adapterName, place.port, place.network, this.directory);
    await place.node.order(this.#order);
  }

  /** Whether the node of that session is there, as far as we have not ended it. */
  readonly isAlive = (sessionId: string): boolean => !this.gone.has(sessionId.slice(0, 12));

  states(): Promise<NodeState[]> {
    return Promise.all(this.places.map(({ node }) => node.order('state')));
  }

  /** Resolves when all nodes are in touch with each other. */
  acquainted(): Promise<void> {
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
    for (const line of (await readFile(this.#journal, 'utf8')).split('\n')) {
      const [name = ''] = line.split(' ');
      if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  /** What nodes have said on their way to a bad end. */
  complaints(): string[] {
    return this.places.flatMap(({ node }) => [
      ...(node.alive || node.mayEnd ? [] : ['a node has ended by itself']),
      ...(node.stderr === '' ? [] : [node.stderr]),
    ]);
  }

  async stop(): Promise<void> {
    await Promise.all(this.places.map(({ node }) => node.kill()));
    this.balancer.close();
    for (const { network } of this.places) network.close();
    await this.adapter.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

const journalIn = (directory: string): string => join(directory, 'journal');

function startNode(
  adapter: AdapterName,
  port: number,
  network: FreezingRelay,
  directory: string,
): Promise<NodeProcess> {
  const journal = journalIn(directory);
  return NodeProcess.start({ adapter, adapterPort: network.port, port, journal });
}
