import { Sequence } from '../load/sequence.js';
import { Tally } from '../load/tally.js';
import { patienceMs } from '../load/verdict.js';
import type { Scale } from '../scale.js';
import type { Push } from '../server/orders.js';
import type { ServerProcess } from '../server/server-process.js';
import type { SubjectName } from '../subjects/index.js';
import { cpuPer } from './cpu-per.js';
import { openNumbered } from './numbered-fleet.js';
import { pushing } from './participants.js';
import type { Sample, Work } from './work.js';

const sessions = 16;
const bytes = 256;
const burstCount = 20_000;
/** Rounds until V8 has compiled what a server that runs for a while has compiled. */
const warmUps = 3;

export const burst = pushWork('burst', {
  how: 'burst',
  quickSubjects: ['raw-http', 'express-json', 'sdk-v1', 'better-sse', 'ours-handler', 'ours-v1'],
  title: () => `burst of ${burstCount} × ${bytes} B on ${sessions} sessions, nothing awaited`,
  count: () => burstCount,
  repeat: ({ bursts }) => bursts,
});

export const burstAwait = pushWork('burst-await', {
  how: 'await',
  quickSubjects: ['raw-http', 'sdk-v1', 'ours-handler'],
  title: () => `the same burst, await send() in a loop for each session`,
  count: () => burstCount,
  repeat: ({ bursts }) => bursts,
});

export const perTurn = pushWork('per-turn', {
  how: 'turns',
  quickSubjects: ['raw-http', 'express-json', 'sdk-v1', 'ours-handler'],
  title: ({ turns }) => `one message of ${bytes} B per turn of the event loop, ${turns} turns`,
  count: ({ turns }) => turns,
  repeat: () => 1,
});

interface PushPlan {
  readonly how: Push['how'];
  readonly quickSubjects: readonly SubjectName[];
  readonly title: (scale: Scale) => string;
  readonly count: (scale: Scale) => number;
  /** How often that in one round. */
  readonly repeat: (scale: Scale) => number;
}

function pushWork(name: string, { how, quickSubjects, title, count, repeat }: PushPlan): Work {
  return {
    name,
    title,
    subjects: pushing,
    quickSubjects,
    metrics: [
      { key: 'cpu', title: 'CPU µs/event', digits: 2, ratio: true },
      { key: 'rate', title: 'events/s', digits: 0 },
      { key: 'generator', title: 'generator µs/event', digits: 2 },
    ],
    rounds: ({ rounds }) => rounds,
    sockets: (_scale, subjects) => subjects * sessions + sessions,
    start: async (server, scale) => {
      const { fleet, numbered } = await openNumbered(server, sessions);
      const tally = new Tally(server.verdict);
      for (const [number, session] of numbered.entries()) {
        session.receiver = new Sequence(number, bytes, tally, server.verdict);
      }
      const order = { how, count: count(scale), bytes };
      const round = async () => {
        // Unmeasured: a process that waited for its turn has cold caches.
        await push(server, tally, order, 1);
        return push(server, tally, order, repeat(scale));
      };
      for (let time = 0; time < warmUps; time++) await round();
      return {
        round,
        end: () => fleet.close(),
      };
    },
  };
}

async function push(
  server: ServerProcess,
  tally: Tally,
  order: Push,
  times: number,
): Promise<Sample> {
  const { cpu, generator, elapsedMs } = await cpuPer(server, async () => {
    for (let time = 0; time < times; time++) {
      const arrived = tally.expect(order.count);
      await server.order('push', order);
      await server.verdict.within(patienceMs, `all events of ${order.how}`, arrived);
    }
    return order.count * times;
  });
  return { cpu, generator, rate: ((order.count * times) / elapsedMs) * 1000 };
}
