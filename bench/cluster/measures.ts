import { setTimeout as sleep } from 'node:timers/promises';

import { Calls } from '../load/calls.js';
import { Lane } from '../load/lane.js';
import type { LoadSession } from '../load/load-session.js';
import type { Poster } from '../load/poster.js';
import type { Receiver } from '../load/receiver.js';
import { runLanes } from '../load/run-lanes.js';
import { percentile } from '../statistics.js';
import { clock } from './orders.js';
import type { Pair, Way } from './pair.js';

export type Sample = Readonly<Record<string, number>>;

export interface Measure {
  readonly name: string;
  readonly title: string;
  /** The figures, in the order of the columns. */
  readonly figures: readonly string[];
  readonly run: (pair: Pair, way: Way) => Promise<Sample>;
}

const RATE = 1_000;
const PACED = 3_000;
const POSTERS = 128;
const LANES = 64;
const CLOSED_MS = 2_000;
const BURST = 20_000;
const BURST_SESSIONS = 16;
const PATIENCE_MS = 60_000;

export const measures: readonly Measure[] = [
  {
    name: 'request',
    title: `request → answer, ${RATE} per second over all sessions, ms`,
    figures: ['p50', 'p99'],
    run: pacedCalls,
  },
  {
    name: 'notification',
    title: `notification → client, ${RATE} per second over all sessions, ms`,
    figures: ['p50', 'p99'],
    run: pacedNotifications,
  },
  {
    name: 'calls',
    title: `request → answer, ${LANES} in flight, as many as go`,
    figures: ['perSecond', 'ownerMicros', 'edgeMicros'],
    run: closedCalls,
  },
  {
    name: 'events',
    title: `${BURST} notifications on ${BURST_SESSIONS} sessions, as fast as they are taken`,
    figures: ['perSecond', 'ownerMicros', 'edgeMicros'],
    run: burst,
  },
];

/** Calls by the clock, whether the last ones are answered or not. */
async function pacedCalls(pair: Pair, way: Way): Promise<Sample> {
  const sessions = shakenHands(pair.fleets[way]);
  const free = await pair.openPosters(way, POSTERS);
  const all = [...free];
  const times: number[] = [];
  const began = performance.now();
  for (let made = 0; made < PACED;) {
    const due = Math.min(((performance.now() - began) / 1_000) * RATE, PACED);
    while (made < due && free.length > 0) {
      call(sessions[made % sessions.length], free, times);
      made += 1;
    }
    await sleep(1);
  }
  await pair.owner.verdict.within(PATIENCE_MS, 'all answers', arrived(times, PACED));
  for (const poster of all) poster.close();
  return latencies(times);
}

function call(session: LoadSession | undefined, free: Poster[], times: number[]): void {
  const poster = free.pop();
  if (!poster || !(session?.receiver instanceof Calls)) throw new Error('no session to call');
  const began = performance.now();
  const body = session.receiver.next(() => times.push(performance.now() - began));
  poster.post(session.path, body, () => free.push(poster));
}

async function pacedNotifications(pair: Pair, way: Way): Promise<Sample> {
  const times = listen(pair.fleets[way]);
  const sessions = pair.fleets[way].map(({ id }) => id);
  await pair.owner.order('push', { sessions, count: PACED, rate: RATE });
  await pair.owner.verdict.within(PATIENCE_MS, 'all events', arrived(times, PACED));
  return latencies(times);
}

async function closedCalls(pair: Pair, way: Way): Promise<Sample> {
  const sessions = shakenHands(pair.fleets[way]);
  let last = 0;
  const next = (): LoadSession => {
    const session = sessions[(last += 1) % sessions.length];
    if (!session) throw new Error('no sessions');
    return session;
  };
  const posters = await pair.openPosters(way, LANES);
  const lanes = posters.map((poster) => new Lane(poster, next));
  const sample = await cost(
    pair,
    async () => (await runLanes(pair.owner.verdict, lanes, CLOSED_MS)).length,
  );
  for (const lane of lanes) lane.close();
  return sample;
}

async function burst(pair: Pair, way: Way): Promise<Sample> {
  const fleet = pair.fleets[way].slice(0, BURST_SESSIONS);
  const times = listen(fleet);
  return cost(pair, async () => {
    await pair.owner.order('push', { sessions: fleet.map(({ id }) => id), count: BURST });
    await pair.owner.verdict.within(PATIENCE_MS, 'all events', arrived(times, BURST));
    return BURST;
  });
}

async function cost(pair: Pair, work: () => Promise<number>): Promise<Sample> {
  const { owner, edge } = pair;
  const before = [await owner.order('cpu'), await edge.order('cpu')] as const;
  const began = performance.now();
  const count = await work();
  const seconds = (performance.now() - began) / 1_000;
  const after = [await owner.order('cpu'), await edge.order('cpu')] as const;
  return {
    perSecond: count / seconds,
    ownerMicros: (after[0] - before[0]) / count,
    edgeMicros: (after[1] - before[1]) / count,
  };
}

function shakenHands(fleet: readonly LoadSession[]): readonly LoadSession[] {
  for (const session of fleet) session.receiver = new Calls(session.number, session.verdict);
  return fleet;
}

/** How long each notification took, in ms. Each session's come in order, or the run fails. */
function listen(fleet: readonly LoadSession[]): number[] {
  const times: number[] = [];
  for (const session of fleet) session.receiver = new Numbered(session, times);
  return times;
}

class Numbered implements Receiver {
  #last = -1;

  constructor(
    private readonly session: LoadSession,
    private readonly times: number[],
  ) {}

  receive(data: Buffer): void {
    const { params } = JSON.parse(data.toString()) as { params: { n: number; at: number } };
    if (params.n <= this.#last) this.session.verdict.fail(`${params.n} after ${this.#last}`);
    this.#last = params.n;
    this.times.push(clock() - params.at);
  }
}

async function arrived(times: readonly number[], count: number): Promise<void> {
  while (times.length < count) await sleep(1);
}

const latencies = (times: readonly number[]): Sample => ({
  p50: percentile(times, 0.5),
  p99: percentile(times, 0.99),
});
