import { setTimeout as pause } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';

import type { Report } from '../../../scripts/report.js';
import { until } from '../../support/program/waiting.js';
import type { AdapterName } from '../adapters.js';
import { Cluster, type NodeSlot } from '../cluster.js';
import { Balancer, type Posted } from '../balancer.js';
import { sessionFaults } from '../end-check.js';
import type { DeployProtocol, Sent, StandIn } from './answers.js';
import { DeployClient } from './client.js';
import { eventOf, type Course, type EventName } from './events.js';
import { judge } from './judge.js';
import { clientsOfAllKinds } from './kinds.js';
import { connectPython, type Python } from './python-connection.js';
import { isUntold, type Evidence } from './records.js';

const CALL_EVERY_MS = 25;
const LONGEST_CALL_MS = 300;
const PROGRAM = new URL('node.ts', import.meta.url);

export interface DeploySettings {
  readonly event: EventName;
  /** How often it happens; in `deploys`, to all nodes, one after the other. */
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
    const evidence = await deploys.evidence();
    const { faults, summary, kinds } = judge(evidence);
    const ends = [...(await deploys.endFaults()), ...cluster.crashes()];
    const found = [...faults, ...ends];
    const ofKinds = new Set(kinds.flatMap((kind) => kind.faults));
    const others = found.filter((fault) => !ofKinds.has(fault));
    // What may have led to them.
    if (found.length > 0) {
      const told = evidence.sent.map(({ node, errors, closed }) => ({ node, errors, closed }));
      others.push(`nodes say: ${JSON.stringify(told)}`);
    }
    await deploys.close();
    if (standIn === '') {
      for (const { kind, ...of } of kinds) report.add(`${name}, ${kind}`, of.faults, of.summary);
      report.add(name, others, `${note}; ${summary}`);
    } else if (found.length === 0)
      report.add(`${name}: ${standIn}`, 'nothing was noticed', summary);
    else
      report.add(`${name}: ${standIn}`, undefined, `${found.length} faults: ${String(found[0])}`);
  } catch (error) {
    report.add(name, [String(error), ...cluster.crashes()]);
  } finally {
    await cluster.stop();
  }
}

class Deploys implements Course {
  readonly cluster: DeployCluster;
  readonly clients: DeployClient[];
  readonly #settings: DeploySettings;
  /** Each leads to one node: for the clients whose streams stay. */
  readonly #balancers: Balancer[] = [];
  /** Clients whose streams stay while the nodes of their sessions are restarted. */
  readonly #staying: DeployClient[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(cluster: DeployCluster, settings: DeploySettings) {
    this.cluster = cluster;
    this.#settings = settings;
    this.clients = clientsOfAllKinds(cluster.balancer.url, settings.each);
  }

  get rounds(): number {
    return this.#settings.rounds;
  }

  /** Resolves to what there is to say of it. */
  async run(): Promise<string> {
    const cluster = this.cluster;
    await Promise.all(this.clients.map((client) => client.connect()));
    await cluster.notify(true);
    this.#startCalling();
    // A reconnect takes a stream to another node than its session's.
    cluster.balancer.startCutting();
    for (const { name } of this.clients) cluster.balancer.allowCuts(name, true);
    await pause(1_000);
    cluster.balancer.stopCutting();
    await until(() => {
      const without = this.clients.find(({ sessions }) => sessions.length === 0);
      return without && `${without.name} is given nothing`;
    });
    const event = eventOf(this.#settings.event);
    for (const client of this.clients) {
      client.watchSilence(true);
      client.mayBeAsked = event.asksNobody !== true;
    }
    const note = await event.run(this);
    for (const client of this.clients) client.watchSilence(false);
    clearInterval(this.#timer);
    await this.#settle();
    return note;
  }

  async evidence(): Promise<Evidence> {
    const cluster = this.cluster;
    const { balancer } = cluster;
    for (const client of this.clients) {
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
    const event = eventOf(this.#settings.event);
    return {
      clients: [...this.clients, ...this.#staying],
      sent,
      runs,
      runsOf: await this.#runsOf(),
      mayRefuse: event.mayRefuse,
      mayLose: event.mayLose ?? false,
      posts: this.#posts(),
    };
  }

  /** Each session is at one node, with a stream. */
  async endFaults(): Promise<string[]> {
    const places = this.clients.map(({ name, sessions }) => ({ name, sessionId: sessions.at(-1) }));
    return sessionFaults(places, await this.cluster.askAll('sessions'));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.clients.map((client) => client.close()));
    for (const balancer of this.#balancers) balancer.close();
  }

  /** By the name of the call. */
  #posts(): Map<string, Posted> {
    return new Map([this.cluster.balancer, ...this.#balancers].flatMap(({ posts }) => [...posts]));
  }

  /** A client in Python whose session is at `slot`, and whose stream is at `stays`. */
  async startStaying(
    slot: NodeSlot<DeployProtocol>,
    stays: NodeSlot<DeployProtocol>,
  ): Promise<DeployClient | undefined> {
    const { python } = this.#settings;
    if (!python) return undefined;
    const name = `python-${this.#staying.length + 1}`;
    const { random } = this.cluster;
    const balancer = await Balancer.before([stays.port], random);
    this.#balancers.push(balancer);
    const opened = `http://127.0.0.1:${slot.port}/sse`;
    const client = new DeployClient({
      ...{ name, kind: 'python', passing: true },
      connect: (listener) => connectPython(python, opened, balancer.url, listener),
    });
    await client.connect();
    this.#staying.push(client);
    await until(() => (client.sessions.length > 0 ? undefined : `${name} is given nothing`));
    return client;
  }

  async endStaying(client: DeployClient | undefined): Promise<void> {
    if (!client) return;
    client.leaving = true;
    const isOver = client.mayLose;
    if (!isOver) client.call('0');
    const evidence = { posts: this.#posts() };
    await until(() => {
      const pending = client.calls.find(
        (call) => call.outcome === 'pending' && !isUntold(call, evidence),
      );
      return pending && `${pending.name} is not answered`;
    });
    if (!isOver) await client.recordSettings();
    await client.close();
  }

  #startCalling(): void {
    const { random } = this.cluster;
    this.#timer = setInterval(() => {
      const all = [...this.clients, ...this.#staying.slice(-1)];
      const client = all[Math.floor(random() * all.length)];
      const ms = Math.floor(random() * LONGEST_CALL_MS);
      if (!client || client.leaving) return;
      client.call(
        client.canBeAsked && random() < 0.2 ? `ask${ms}` : String(random() < 0.5 ? 0 : ms),
      );
    }, CALL_EVERY_MS);
  }

  /** Resolves when everything that was sent has arrived, or is not to come any more. */
  async #settle(): Promise<void> {
    const cluster = this.cluster;
    await cluster.notify(false);
    const lacks = async (): Promise<string | undefined> => {
      await cluster.askAll('releaseCalls');
      const sent = await cluster.askAll('totals');
      for (const { name, calls, sequences, sessions } of this.clients) {
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
    for (const line of (await readFile(this.cluster.journal, 'utf8')).split('\n')) {
      const [, session = ''] = line.split(' ');
      counts.set(session, (counts.get(session) ?? 0) + 1);
    }
    return counts;
  }
}
