import { until, within } from '../support/program/waiting.js';
import type { Cluster } from './cluster.js';
import { ClusterClient, type Sdk } from './cluster-client.js';

const CALL_EVERY_MS = 25;
const LONGEST_CALL_MS = 400;
/** By then all clients are there, while several clusters start on two cores. */
const CONNECTED_MS = 60_000;

/** Clients of all kinds, which call tools all the time. */
export class Clients {
  readonly all: ClusterClient[] = [];
  readonly #random: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** @param each how many of each kind */
  constructor(cluster: Cluster, each: number) {
    this.#random = cluster.random;
    for (const sdk of ['v1', 'v2'] satisfies Sdk[]) {
      for (const resumes of [true, false]) {
        for (let n = 1; n <= each; n += 1) {
          const name = `${sdk}-${resumes ? 'with-id' : 'as-is'}-${n}`;
          this.all.push(new ClusterClient(name, sdk, resumes, cluster.balancer));
        }
      }
    }
  }

  async connect(): Promise<void> {
    const connected = Promise.all(this.all.map((client) => client.connect()));
    try {
      await within(connected, CONNECTED_MS, 'the first handshakes');
    } catch (error) {
      // They would go on to try.
      await this.close();
      throw error;
    }
  }

  /** The clients whose session is on the node with that name. */
  of(nodeName: string): ClusterClient[] {
    return this.all.filter(({ session }) => session?.id.startsWith(nodeName));
  }

  /** One call for each client that is held back, and many short ones. */
  startCalling(): void {
    for (const client of this.all) client.call('hold');
    this.#timer = setInterval(() => {
      const client = this.all[Math.floor(this.#random() * this.all.length)];
      const ms = Math.floor(this.#random() * LONGEST_CALL_MS);
      client?.call(this.#random() < 0.5 ? '0' : String(ms));
    }, CALL_EVERY_MS);
  }

  stopCalling(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when every client is in a session that exists; nodes must notify meanwhile. */
  async reconnected({ isAlive }: Cluster): Promise<void> {
    await until(() => {
      for (const { name, session, connected, errors } of this.all) {
        if (!connected || !session) return `${name} is not connected: ${errors}`;
        if (!isAlive(session.id))
          return `${name} does not know that its session is gone: ${errors}`;
      }
      return undefined;
    });
  }

  /** Resolves when every notification has arrived, and every call has ended. */
  async idle(cluster: Cluster): Promise<void> {
    const { balancer, isAlive } = cluster;
    await until(async () => {
      await cluster.askAll('releaseCalls');
      const sent: Readonly<Record<string, number>> = Object.assign(
        {},
        ...(await cluster.askAll('sent')),
      );
      for (const { name, session } of this.all) {
        if (!session) continue;
        const { last } = session.numbers;
        if (last !== sent[session.id]) return `${name} has ${last} of ${sent[session.id]}`;
      }
      for (const call of this.all.flatMap(({ calls }) => calls)) {
        const posted = balancer.posts.get(call.name);
        const lost = posted && !isAlive(posted.sessionId);
        if (call.outcome === 'pending' && !lost) {
          return `${call.name} is neither answered nor refused (${posted?.status ?? 'no status'})`;
        }
      }
      return undefined;
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((client) => client.close()));
  }
}
