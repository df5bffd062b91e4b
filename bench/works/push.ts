/** Messages that the server begins. */
import { Sequence } from '../load/expectations.js';
import { Fleet } from '../load/fleet.js';
import { patienceMs } from '../load/verdict.js';
import { everyone } from '../messages.js';
import type { ServerProcess } from '../server/server-process.js';
import { costOf } from './measure.js';
import {
  everySubject,
  fewSubjects,
  nodeSubjects,
  type Metric,
  type Trial,
  type Work,
} from './work.js';

const sessions = 16;
const burstEvents = 20_000;
/** The length of a message. */
const bytes = 256;
/** Broadcasts in one turn. */
const broadcasts = 200;
/** Rounds until V8 has compiled what a server that runs for a while has compiled. */
const warmUps = 3;

const metrics: readonly Metric[] = [
  { key: 'cpu', title: 'CPU µs/event', digits: 2, ratio: true },
  { key: 'rate', title: 'events/s', digits: 0 },
  { key: 'generator', title: 'generator µs/event', digits: 2 },
];

export const burst: Work = {
  name: 'burst',
  title: () => `burst of ${burstEvents} × ${bytes} B on ${sessions} sessions, nothing awaited`,
  subjects: everySubject,
  quickSubjects: [...fewSubjects, 'sdk-v1', 'mcp-go', 'ours-in-front', 'ours-v1'],
  metrics,
  remark:
    'mcp-go drops a notification when 100 of its session wait. The benchmark sends that one again ' +
    'until it is taken, or the burst would not be whole.',
  start: (server, scale) => startPush(server, 'burst', burstEvents, scale.bursts),
};

export const perTurn: Work = {
  name: 'per-turn',
  title: ({ turns }) => `one message of ${bytes} B per turn of the event loop, ${turns} turns`,
  subjects: nodeSubjects,
  quickSubjects: fewSubjects,
  metrics,
  start: (server, { turns }) => startPush(server, 'turns', turns, 1),
};

export const broadcast: Work = {
  name: 'broadcast',
  title: ({ broadcastSessions }) =>
    `${broadcasts} messages of ${bytes} B in one turn to ${broadcastSessions} sessions, each delivery an event`,
  subjects: nodeSubjects,
  quickSubjects: ['raw-http', 'ours-handler'],
  metrics,
  start: (server, scale) => startPush(server, 'broadcast', broadcasts, 1, scale.broadcastSessions),
};

/** @param toEach how many sessions get each message, if not one */
async function startPush(
  server: ServerProcess,
  how: 'burst' | 'turns' | 'broadcast',
  count: number,
  times: number,
  toEach = 1,
): Promise<Trial> {
  const fleet = new Fleet(server);
  await fleet.growTo(how === 'broadcast' ? toEach : sessions);
  let left = 0;
  let done = (): void => undefined;
  const onEvent = () => {
    left -= 1;
    if (left === 0) done();
    if (left < 0) server.verdict.fail('more events than were sent');
  };
  const ids = fleet.sessions.map(({ id }) => id);
  await server.order('enrol', ids);
  for (const [number, session] of fleet.sessions.entries()) {
    const expected = how === 'broadcast' ? everyone : number;
    session.receiver = new Sequence(expected, bytes, server.verdict, onEvent);
  }
  const push = (repeat: number) =>
    costOf([server], async () => {
      for (let time = 0; time < repeat; time++) {
        left = count * toEach;
        const arrived = new Promise<void>((resolve) => (done = resolve));
        await server.order(how, { count, bytes });
        await server.verdict.within(patienceMs, `all events of ${how}`, arrived);
      }
      return count * toEach * repeat;
    });
  const round = async () => {
    // Unmeasured: a process that waited for its turn has cold caches.
    if (toEach === 1) await push(1);
    return push(times);
  };
  for (let time = 0; time < (toEach === 1 ? warmUps : 1); time++) await round();
  return { round, end: () => fleet.close() };
}
