/** What it costs to have several nodes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer } from '../../spec/support/redis-server.js';
import { Fleet } from '../load/fleet.js';
import { LoadSession } from '../load/session.js';
import { patienceMs } from '../load/verdict.js';
import { callMs, redisUrl } from '../paths.js';
import { ServerProcess } from '../server/server-process.js';
import { median } from '../statistics.js';
import { ways, type Way } from '../subjects/ways.js';
import { callMetrics } from './calls.js';
import { costOfCalls, latenciesOf } from './measure.js';
import type { Sample, Work } from './work.js';

const perSecond = 1_000;
const connections = 128;
const inFlight = 64;
/** Of the works that are done only when they are named. */
const sessionsApart = 16;

/** Calls of clients that are connected to another node than the one that has their session. */
export const relayed: Work = {
  name: 'relayed',
  title: ({ relayedSessions }) =>
    `${relayedSessions} sessions of one node, called at that node or at another one: ` +
    `latency at ${perSecond} calls per second, CPU of both nodes with ${inFlight} in flight`,
  subjects: ['ours-at-home', 'ours-relayed'],
  quickSubjects: ['ours-at-home', 'ours-relayed'],
  baseline: 'ours-at-home',
  metrics: callMetrics,
  prepare: startRedis,
  start: async (owner, { relayedSessions, warmUpMs, leadInMs, windowMs, pacedMs }) => {
    const other = await startOther(owner);
    const entrance = owner.subject === 'ours-relayed' ? other : owner;
    const fleet = await openAt(entrance, owner, relayedSessions);
    const measure = async (ms: number) => {
      const { answered } = await callByTheClock(fleet, entrance, perSecond, pacedMs);
      const cost = await fleet.withCalls(
        inFlight,
        (run) => costOfCalls([owner, other], run, leadInMs, ms),
        { inTurn: true },
      );
      return { ...cost, ...latenciesOf(answered) };
    };
    await measure(warmUpMs);
    const end = () => {
      fleet.close();
      return other.stop();
    };
    return { round: () => measure(windowMs), end };
  },
};

/** Calls of clients that are connected to the node that has their session. */
export const sameNode: Work = {
  name: 'same-node',
  title: () =>
    `calls at the node that has their session, ${inFlight} in flight on ${sessionsApart} sessions: ` +
    'CPU µs/call of routers in one process, without an adapter, and with one that tracks calls or not',
  subjects: ['ours-three-ways'],
  apart: true,
  baseline: 'ours-three-ways',
  metrics: [
    { key: 'alone', title: 'no adapter', digits: 1 },
    { key: 'untracked', title: 'trackCalls: false', digits: 1 },
    { key: 'untrackedRatio', title: '× no adapter', digits: 3 },
    { key: 'tracked', title: 'trackCalls: true', digits: 1 },
    { key: 'trackedRatio', title: '× no adapter', digits: 3 },
  ],
  prepare: () => prepareTools(0),
  start: async (server, { warmUpMs, leadInMs, windowMs }) => {
    const node = await startOther(server);
    const fleets = new Map<Way, Fleet>();
    for (const way of ways) fleets.set(way, await openResumable(server, `X-Way: ${way}\r\n`));
    let rounds = 0;
    const measure = async (ms: number): Promise<Sample> => {
      const cpu = { alone: 0, untracked: 0, tracked: 0 };
      const first = (rounds += 1) % ways.length;
      for (const way of [...ways.slice(first), ...ways.slice(0, first)]) {
        const cost = await fleets
          .get(way)
          ?.withCalls(inFlight, (run) => costOfCalls([server], run, leadInMs, ms));
        cpu[way] = cost?.cpu ?? Number.NaN;
      }
      const { alone, untracked, tracked } = cpu;
      return { ...cpu, untrackedRatio: untracked / alone, trackedRatio: tracked / alone };
    };
    await measure(warmUpMs);
    const end = () => {
      for (const fleet of fleets.values()) fleet.close();
      return node.stop();
    };
    return { round: () => measure(windowMs / 3), end };
  },
};

export const trackedWorks: readonly Work[] = [trackedWork(0), trackedWork(2), trackedWork(20)];

/** Who knows which calls run: their node alone, another node too, or Redis. */
function trackedWork(ms: number): Work {
  const rate = 500;
  return {
    name: `tracked-${ms}ms`,
    title: () => `calls that take ${ms} ms, ${rate} per second on ${sessionsApart} sessions`,
    subjects: ['ours-untracked', 'ours-tracked', 'ours-ids-in-redis'],
    apart: true,
    baseline: 'ours-untracked',
    metrics: [
      { key: 'owner', title: 'CPU µs/call: owner', digits: 0 },
      { key: 'other', title: 'other node', digits: 0 },
      { key: 'redis', title: 'Redis', digits: 0 },
      { key: 'cpu', title: 'together', digits: 0, ratio: true },
      { key: 'p50', title: 'until 202, p50 µs', digits: 0 },
    ],
    prepare: () => prepareTools(ms),
    start: async (server, { warmUpMs, pacedMs }) => {
      const node = await startOther(server);
      const fleet = await openResumable(server);
      const spent = () => Promise.all([server.order('cpu'), node.order('cpu'), cpuOfRedis()]);
      const measure = async (windowMs: number) => {
        const before = await spent();
        const { accepted } = await callByTheClock(fleet, server, rate, windowMs);
        const after = await spent();
        const each = (at: 0 | 1 | 2) => (after[at] - before[at]) / accepted.length;
        const [owner, other, redis] = [each(0), each(1), each(2)];
        return { owner, other, redis, cpu: owner + other + redis, p50: median(accepted) };
      };
      await measure(warmUpMs);
      const end = () => {
        fleet.close();
        return node.stop();
      };
      return { round: () => measure(pacedMs), end };
    },
  };
}

let redisServer: RedisServer | undefined;

/** Nodes find it by their environment. */
async function startRedis(): Promise<() => Promise<void>> {
  const redis = await RedisServer.begin();
  process.once('exit', () => void redis.stop());
  process.env[redisUrl] = redis.url;
  redisServer = redis;
  return () => redis.stop();
}

/** Tools take that long. */
function prepareTools(ms: number): Promise<() => Promise<void>> {
  process.env[callMs] = String(ms);
  return startRedis();
}

/** In µs. */
async function cpuOfRedis(): Promise<number> {
  const info = (await redisServer?.command('INFO', 'cpu')) ?? '';
  const used = [...info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)];
  return used.reduce((sum, [, seconds]) => sum + Number(seconds) * 1e6, 0);
}

async function startOther(owner: ServerProcess): Promise<ServerProcess> {
  const other = await ServerProcess.start(owner.subject);
  while ((await other.order('cluster')).nodes < 2) await sleep(20);
  return other;
}

/** Opens sessions whose calls are tracked, if calls are. */
async function openResumable(server: ServerProcess, headers = ''): Promise<Fleet> {
  const fleet = new Fleet(server);
  const resumable = 'Mcp-Sse-Resume: 1\r\n';
  await fleet.openStreams(sessionsApart, (number) =>
    LoadSession.open(number, server.port, server.verdict, `${resumable}${headers}`),
  );
  await fleet.initialize();
  return fleet;
}

/** Opens sessions of `owner` whose clients are connected to `at`. */
async function openAt(at: ServerProcess, owner: ServerProcess, count: number): Promise<Fleet> {
  const fleet = new Fleet(at);
  await fleet.openStreams(count, async (number) => {
    const key = `X-Key: ${number}\r\n`;
    const session = await LoadSession.open(number, owner.port, owner.verdict, key);
    if (at === owner) return session;
    session.connection.close();
    return LoadSession.open(number, at.port, at.verdict, key);
  });
  await fleet.initialize();
  const { exported } = await owner.order('cluster');
  const expected = at === owner ? 0 : count;
  if (exported !== expected) throw new Error(`${exported} streams of ${expected} are relayed`);
  return fleet;
}

/**
 * Makes calls whether the last ones are answered or not: a loaded machine cannot hide what it
 * makes them wait. Resolves with the µs until answers and until 202.
 */
function callByTheClock(
  fleet: Fleet,
  entrance: ServerProcess,
  rate: number,
  ms: number,
): Promise<Record<'answered' | 'accepted', number[]>> {
  const { sessions } = fleet;
  const count = Math.ceil((ms / 1000) * rate);
  const times = { answered: [] as number[], accepted: [] as number[] };
  return fleet.withPosters(connections, async (posters) => {
    const free = [...posters];
    const began = performance.now();
    for (let made = 0; made < count;) {
      const due = ((performance.now() - began) / 1000) * rate;
      for (; made < due && free.length > 0; made++) {
        const poster = free.pop();
        const session = sessions[made % sessions.length];
        if (session === undefined) throw new Error('no sessions');
        poster?.call(session, undefined, (answered, accepted) => {
          times.answered.push(answered);
          times.accepted.push(accepted);
          free.push(poster);
        });
      }
      await sleep(1);
    }
    const answered = async () => {
      while (free.length < connections) await sleep(1);
    };
    await entrance.verdict.within(patienceMs, 'all answers', answered());
    return times;
  });
}
