import type { Cluster } from './cluster.js';
import { Traveller, type Sdk } from './roaming-client.js';
import { until } from './until.js';

const CALL_EVERY_MS = 25;
const LONGEST_CALL_MS = 400;

/** Clients of all kinds, which call something all the time. */
export class Crowd {
  readonly travellers: Traveller[] = [];
  readonly #random: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** @param each how many of each kind */
  constructor(cluster: Cluster, each: number) {
    this.#random = cluster.random;
    for (const sdk of ['v1', 'v2'] satisfies Sdk[]) {
      for (const resumes of [true, false]) {
        for (let n = 1; n <= each; n += 1) {
          const name = `${sdk}-${resumes ? 'with-id' : 'as-is'}-${n}`;
          this.travellers.push(new Traveller(name, sdk, resumes, cluster.balancer));
        }
      }
    }
  }

  async connect(): Promise<void> {
    await Promise.all(this.travellers.map((traveller) => traveller.connect()));
  }

  /** One call for each that is held back, and many short ones. */
  startCalling(): void {
    for (const traveller of this.travellers) traveller.call('hold');
    this.#timer = setInterval(() => {
      const traveller = this.travellers[Math.floor(this.#random() * this.travellers.length)];
      const ms = Math.floor(this.#random() * LONGEST_CALL_MS);
      traveller?.call(this.#random() < 0.5 ? '0' : String(ms));
    }, CALL_EVERY_MS);
  }

  stopCalling(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when everybody is in a session that there is; something must be sent for that. */
  async settled({ isAlive }: Cluster): Promise<void> {
    await until(() => {
      for (const { name, life, connected, errors } of this.travellers) {
        if (!connected || !life) return `${name} is not connected: ${errors}`;
        if (!isAlive(life.sessionId))
          return `${name} does not know that its session is gone: ${errors}`;
      }
      return undefined;
    });
  }

  /** Resolves when everybody has all that was sent, and every call has come to something. */
  async atRest({ places, balancer, isAlive }: Cluster): Promise<void> {
    await until(async () => {
      for (const { node } of places) await node.order('release');
      const sent = Object.assign({}, ...(await sentBy(places))) as Record<string, number>;
      for (const { name, life } of this.travellers) {
        if (!life) continue;
        const last = life.seen.at(-1);
        if (last !== sent[life.sessionId]) return `${name} has ${last} of ${sent[life.sessionId]}`;
      }
      for (const call of this.travellers.flatMap(({ calls }) => calls)) {
        const posted = balancer.posts.get(call.name);
        const lost = posted && !isAlive(posted.sessionId);
        if (call.outcome === 'pending' && !lost) {
          return `${call.name} is neither answered nor refused (${posted?.status ?? 'no status'})`;
        }
      }
      return undefined;
    });
  }

  async leave(): Promise<void> {
    await Promise.all(this.travellers.map((traveller) => traveller.leave()));
  }
}

type Places = Cluster['places'];

const sentBy = (places: Places): Promise<Record<string, number>[]> =>
  Promise.all(places.map(({ node }) => node.order('sent')));
