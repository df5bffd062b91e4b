import { setTimeout as pause } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';

import type { Report } from '../../../scripts/report.js';
import { until } from '../../support/program/waiting.js';
import type { AdapterName } from '../adapters.js';
import { Cluster, type NodeSlot } from '../cluster.js';
import { adapterKilled, failover } from '../faults.js';
import { sessionFaults } from '../end-check.js';
import type { DeployProtocol, Sent, StandIn } from './answers.js';
import { DeployClient } from './client.js';
import { judge, type Evidence } from './judge.js';
import { clientsOfAllKinds } from './kinds.js';
import { connectPython, type Python } from './python-connection.js';

const CALL_EVERY_MS = 25;
const LONGEST_CALL_MS = 300;
const TERMINATE_MS = 15_000;
const PARTITION_MS = 3_000;
const PROGRAM = new URL('node.ts', import.meta.url);

/** What happens to a cluster while clients of all kinds are connected. */
export type EventName = 'deploys' | 'partition' | 'adapter away' | 'failover';

export interface DeploySettings {
  readonly event: EventName;
  /** How often all nodes are restarted, one after the other. */
  readonly rounds: number;
  /** How many clients of each of the five kinds. */
  readonly each: number;
  readonly seed: number;
  /** Undefined where there is no Python. */
  readonly python: Python | undefined;
  /** Nodes that are broken on purpose. */
  readonly standIn: StandIn;
}

type DeployCluster = Cluster<DeployProtocol>;

/** Lets something happen to the nodes while clients call, and judges what these were given. */
export async function checkEvent(
  adapter: AdapterName,
  settings: DeploySettings,
  report: Report,
): Promise<void> {
  const { seed, standIn, event } = settings;
  const what = standIn === '' ? `all kinds of clients: ${event}` : 'nodes that are broken';
  const name = `${adapter}, ${what}`;
  const cluster = await Cluster.start<DeployProtocol>(adapter, seed, PROGRAM, [standIn]);
  try {
    const deploys = new Deploys(cluster, settings);
    const note = await deploys.run();
    const { faults, summary } = judge(await deploys.evidence());
    const found = [...faults, ...(await deploys.endFaults()), ...cluster.crashes()];
    await deploys.close();
    if (standIn === '') report.add(name, found, `${note}; ${summary}`);
    else if (found.length === 0) report.add(`${name}: ${standIn}`, 'nothing was noticed', summary);
    else
      report.add(`${name}: ${standIn}`, undefined, `${found.length} faults: ${String(found[0])}`);
  } catch (error) {
    report.add(name, [String(error), ...cluster.crashes()]);
  } finally {
    await cluster.stop();
  }
}

class Deploys {
  readonly #cluster: DeployCluster;
  readonly #settings: DeploySettings;
  readonly #clients: DeployClient[];
  /** Clients whose streams stay while the nodes of their sessions are restarted. */
  readonly #staying: DeployClient[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(cluster: DeployCluster, settings: DeploySettings) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#clients = clientsOfAllKinds(cluster.balancer.url, settings.each);
  }

  /** Resolves to what there is to say of it. */
  async run(): Promise<string> {
    const cluster = this.#cluster;
    await Promise.all(this.#clients.map((client) => client.connect()));
    await cluster.notify(true);
    this.#startCalling();
    // A reconnect takes a stream to another node than its session's.
    cluster.balancer.startCutting();
    for (const { name } of this.#clients) cluster.balancer.allowCuts(name, true);
    await pause(1_000);
    cluster.balancer.stopCutting();
    const { event } = this.#settings;
    const note = event === 'deploys' ? await this.#deploy() : await this.#suffer(event);
    clearInterval(this.#timer);
    await this.#settle();
    return note;
  }

  async evidence(): Promise<Evidence> {
    const cluster = this.#cluster;
    const { balancer } = cluster;
    for (const client of this.#clients) {
      await client.recordSettings().catch(client.onError);
      client.reconnects = (balancer.streams[client.name] ?? 1) - 1;
      client.initializes = balancer.initializes[client.name] ?? 0;
    }
    const ended = await readFile(`${cluster.journal}-ended`, 'utf8').catch(() => '');
    const lines = ended.split('\n').filter((line) => line !== '');
    const sent = [
      ...lines.map((line) => JSON.parse(line) as Sent),
      ...(await cluster.askAll('totals')),
    ];
    const runs = await cluster.runs();
    return {
      clients: [...this.#clients, ...this.#staying],
      sent,
      runs,
      runsOf: await this.#runsOf(),
      mayRefuse: this.#settings.event !== 'deploys',
    };
  }

  /** Each session is at one node, with a stream. */
  async endFaults(): Promise<string[]> {
    const places = this.#clients.map(({ name, sessions: [sessionId] }) => ({ name, sessionId }));
    return sessionFaults(places, await this.#cluster.askAll('sessions'));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #deploy(): Promise<string> {
    const { slots } = this.#cluster;
    const times: string[] = [];
    for (let round = 0; round < this.#settings.rounds; round += 1) {
      for (const [at, slot] of slots.entries()) {
        const took = await this.#restart(slot, slots[(at + 1) % slots.length] ?? slot);
        times.push((took / 1_000).toFixed(1));
      }
    }
    return `closed in ${times.join(', ')} s`;
  }

  /** The first node, or the adapter, is out of reach for a while. */
  async #suffer(event: Exclude<EventName, 'deploys'>): Promise<string> {
    const cluster = this.#cluster;
    const [first, second] = cluster.slots;
    if (!first || !second) throw new Error('there are no nodes');
    const staying = await this.#startStaying(first, second);
    let note = event as string;
    if (event === 'failover') note = await failover(cluster);
    else if (event === 'adapter away') await adapterKilled(cluster);
    else {
      first.network?.freeze();
      await pause(PARTITION_MS);
      const { toServer = 0, toClient = 0 } = first.network?.held ?? {};
      first.network?.thaw();
      if (toServer === 0 || toClient === 0) throw new Error('nothing was held back');
    }
    await cluster.connected();
    await this.#endStaying(staying);
    return note;
  }

  async #restart(slot: NodeSlot<DeployProtocol>, stays: NodeSlot<DeployProtocol>): Promise<number> {
    const cluster = this.#cluster;
    const { node } = slot;
    const staying = await this.#startStaying(slot, stays);
    const here = new Set((await node.process.ask('sessions')).map(({ id }) => id));
    const [first, second, third] = this.#clients.filter(
      ({ asks, sessions: [id = ''] }) => asks && here.has(id),
    );
    // One question is answered before the deadline, one after it, and one call is never answered.
    const begun = [first?.call('ask500'), second?.call('ask6000'), third?.call('hold')];
    await until(async () => {
      const runs = await cluster.runs();
      const late = begun.find((call) => call && !runs.has(call.name));
      return late && `${late.name} does not run`;
    });
    cluster.stopped.add(node.name);
    const began = performance.now();
    await node.process.terminate(TERMINATE_MS);
    const took = performance.now() - began;
    await cluster.replace(slot);
    await cluster.connected();
    await this.#endStaying(staying);
    return took;
  }

  /** A client in Python whose session is at `slot`, and whose stream is at `stays`. */
  async #startStaying(
    slot: NodeSlot<DeployProtocol>,
    stays: NodeSlot<DeployProtocol>,
  ): Promise<DeployClient | undefined> {
    const { python } = this.#settings;
    if (!python) return undefined;
    const name = `python-${this.#staying.length + 1}`;
    const urls = [slot, stays].map(({ port }) => `http://127.0.0.1:${port}/sse`);
    const client = new DeployClient({
      name,
      passing: true,
      connect: (listener) => connectPython(python, urls[0] ?? '', urls[1] ?? '', listener),
    });
    await client.connect();
    this.#staying.push(client);
    await until(() => (client.sessions.length > 0 ? undefined : `${name} is given nothing`));
    return client;
  }

  async #endStaying(client: DeployClient | undefined): Promise<void> {
    if (!client) return;
    client.leaving = true;
    client.call('0');
    await until(() => {
      const pending = client.calls.find(({ outcome }) => outcome === 'pending');
      return pending && `${pending.name} is not answered`;
    });
    await client.recordSettings();
    await client.close();
  }

  #startCalling(): void {
    const { random } = this.#cluster;
    // A call whose POST is refused is never settled by the Python SDK.
    const callsInPython = this.#settings.event === 'deploys';
    this.#timer = setInterval(() => {
      const all = [...this.#clients, ...(callsInPython ? this.#staying.slice(-1) : [])];
      const client = all[Math.floor(random() * all.length)];
      const ms = Math.floor(random() * LONGEST_CALL_MS);
      if (!client || client.leaving) return;
      client.call(client.asks && random() < 0.2 ? `ask${ms}` : String(random() < 0.5 ? 0 : ms));
    }, CALL_EVERY_MS);
  }

  /** Resolves when everything that was sent has arrived, or is not to come any more. */
  async #settle(): Promise<void> {
    const cluster = this.#cluster;
    await cluster.notify(false);
    const lacks = async (): Promise<string | undefined> => {
      await cluster.askAll('releaseCalls');
      const sent = await cluster.askAll('totals');
      for (const { name, calls, sequences, sessions } of this.#clients) {
        const pending = calls.find(({ outcome }) => outcome === 'pending');
        if (pending) return `${pending.name} is not answered`;
        for (const { node, last } of sent) {
          for (const to of ['*', ...sessions]) {
            if ((sequences.get(`${node} ${to}`)?.last ?? 0) < (last[to] ?? 0))
              return `${name} lacks`;
          }
        }
      }
      return undefined;
    };
    // The judge says what is missing.
    await until(lacks, this.#settings.standIn === '' ? 15_000 : 5_000).catch(() => undefined);
  }

  async #runsOf(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const line of (await readFile(this.#cluster.journal, 'utf8')).split('\n')) {
      const [, session = ''] = line.split(' ');
      counts.set(session, (counts.get(session) ?? 0) + 1);
    }
    return counts;
  }
}
