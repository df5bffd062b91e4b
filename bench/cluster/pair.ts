import { setTimeout as sleep } from 'node:timers/promises';

import { inParallel } from '../load/fleet.js';
import { LoadSession } from '../load/load-session.js';
import { Poster } from '../load/poster.js';
import { NodeProcess } from './node-process.js';

/** How the clients reach their sessions, all of which live on the first node. */
export type Way = 'same-node' | 'relayed';
export const ways: readonly Way[] = ['same-node', 'relayed'];

const opening = 32;

/** Two nodes, and sessions of the first: half of the clients are connected to the second. */
export class Pair {
  readonly fleets: Record<Way, LoadSession[]> = { 'same-node': [], relayed: [] };

  private constructor(
    readonly owner: NodeProcess,
    readonly edge: NodeProcess,
  ) {}

  static async start(adapterUrl: string, sessions: number): Promise<Pair> {
    const pair = new Pair(
      await NodeProcess.start('owner', adapterUrl),
      await NodeProcess.start('edge', adapterUrl),
    );
    while ((await pair.edge.order('state')).nodes < 2) await sleep(20);
    for (const way of ways) await pair.#open(way, sessions / 2);
    const { lent } = await pair.owner.order('state');
    if (lent !== sessions / 2) throw new Error(`${lent} streams go over the other node`);
    return pair;
  }

  /** Where the clients of that way send their requests. */
  entrance(way: Way): NodeProcess {
    return way === 'relayed' ? this.edge : this.owner;
  }

  async openPosters(way: Way, count: number): Promise<Poster[]> {
    const { port } = this.entrance(way);
    return Promise.all(Array.from({ length: count }, () => Poster.open(port, this.owner.verdict)));
  }

  stop(): void {
    for (const session of ways.flatMap((way) => this.fleets[way])) session.close();
    this.owner.stop();
    this.edge.stop();
  }

  async #open(way: Way, count: number): Promise<void> {
    const { port, verdict } = this.owner;
    await inParallel(opening, count, async (number) => {
      const key = `X-Key: ${way}-${number}\r\n`;
      let session = await LoadSession.open(number, port, verdict, key);
      if (way === 'relayed') {
        session.close();
        session = await LoadSession.open(number, this.edge.port, verdict, key);
      }
      this.fleets[way][number] = session;
    });
    const [poster] = await this.openPosters(way, 1);
    for (const session of this.fleets[way]) if (poster) await session.initialize(poster);
    poster?.close();
  }
}
