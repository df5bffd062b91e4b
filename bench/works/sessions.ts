/** What it costs to open sessions and to have them. */
import { Fleet } from '../load/fleet.js';
import { ServerProcess } from '../server/server-process.js';
import { costOf, costOfCalls, sessionsGone } from './measure.js';
import { everySubject, fewSubjects, type Sample, type Work } from './work.js';

/**
 * Sessions that stay open all the time, as a server that is running has some. With none left, a
 * collection of garbage would take the shapes of all their objects too, and the code that was
 * compiled for them.
 */
const residents = 16;

const subjects = [...fewSubjects, 'ours-in-front'] as const;

export const open: Work = {
  name: 'open',
  title: ({ openings }) => `${openings} sessions opened, 32 at a time`,
  subjects: everySubject,
  quickSubjects: subjects,
  metrics: [
    { key: 'rate', title: 'opened/s', digits: 0, ratio: true },
    { key: 'cpu', title: 'CPU µs/open', digits: 0, ratio: true },
  ],
  start: async (server, { openings }) => {
    const staying = new Fleet(server);
    await staying.openStreams(residents);
    const round = async () => {
      const fleet = new Fleet(server);
      // Unmeasured: a process that waited for its turn has cold caches.
      await fleet.openStreams(openings / 4);
      const cost = await costOf([server], async () => {
        await fleet.openStreams(1.25 * openings);
        return openings;
      });
      fleet.close();
      await sessionsGone(server, residents);
      return cost;
    };
    for (let time = 0; time < 3; time++) await round();
    return { round, end: () => staying.close() };
  },
};

export const idle: Work = {
  name: 'idle',
  title: ({ idleSessions }) => `${idleSessions} sessions: opened, initialized, idle`,
  subjects: everySubject,
  quickSubjects: subjects,
  metrics: [
    { key: 'heap', title: 'heap KB/session', digits: 1, ratio: true },
    { key: 'rss', title: 'RSS KB/session', digits: 1, ratio: true },
  ],
  long: true,
  start: async ({ subject }, { idleSessions }) => {
    // A process that had sessions before keeps their memory, and the next ones would seem to need
    // none: each round has a process of its own.
    const round = async () => {
      const server = await ServerProcess.start(subject);
      const sample = await memoryOf(server, idleSessions);
      await server.stop();
      return sample;
    };
    return { round, end: () => undefined };
  },
};

async function memoryOf(server: ServerProcess, count: number): Promise<Sample> {
  const fleet = new Fleet(server);
  await fleet.growTo(residents);
  // What is loaded and compiled while the first sessions come is none of theirs.
  const first = new Fleet(server);
  await first.growTo(count / 8);
  first.close();
  await sessionsGone(server, residents);
  const before = await server.order('memory');
  await fleet.growTo(residents + count);
  const open = await server.order('count');
  if (open !== residents + count) throw new Error(`${server.subject}: ${open} are open`);
  const { heapUsed, rss } = await server.order('memory');
  fleet.close();
  const each = (bytes: number) => bytes / count / 1024;
  return { heap: each(heapUsed - before.heapUsed), rss: each(rss - before.rss) };
}

/** Fewer than sessions at any step, so that no step has more to coalesce than another. */
const inFlight = 64;

export const growth: Work = {
  name: 'growth',
  title: ({ growthFew, growthSome, growthMany }) =>
    `${growthFew}, ${growthSome}, ${growthMany} sessions called in turn, ${inFlight} in flight`,
  subjects,
  quickSubjects: subjects.filter((it) => it !== 'express-json'),
  metrics: [
    { key: 'cpuFew', title: 'CPU µs/call, few', digits: 1, ratio: true },
    { key: 'cpuMany', title: 'many', digits: 1, ratio: true },
    { key: 'heapSome', title: 'heap KB/session, some', digits: 1 },
    { key: 'heapMany', title: 'many', digits: 1 },
  ],
  long: true,
  start: async (server, { growthFew, growthSome, growthMany, warmUpMs, windowMs }) => {
    const fleet = new Fleet(server);
    /** Grows, and measures in KB per session and µs per call. */
    const step = async (count: number, emptyHeap: number) => {
      await fleet.growTo(count);
      const { heapUsed } = await server.order('memory');
      // Each step begins warm, or the first would pay for what the later ones find done.
      const { cpu } = await fleet.withCalls(
        inFlight,
        (run) => costOfCalls([server], run, warmUpMs, windowMs),
        { inTurn: true },
      );
      return { cpu, heap: (heapUsed - emptyHeap) / count / 1024 };
    };
    // A server that runs for a while has compiled what it needs.
    await step(growthFew, 0);
    fleet.close();
    const round = async () => {
      await sessionsGone(server);
      const { heapUsed } = await server.order('memory');
      const { cpu: cpuFew } = await step(growthFew, heapUsed);
      const { heap: heapSome } = await step(growthSome, heapUsed);
      const { cpu: cpuMany, heap: heapMany } = await step(growthMany, heapUsed);
      fleet.close();
      return { cpuFew, cpuMany, heapSome, heapMany };
    };
    return { round, end: () => fleet.close() };
  },
};
