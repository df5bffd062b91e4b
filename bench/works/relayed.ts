/** Calls of clients that are connected to another node than the one that has their session. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer } from '../../spec/support/redis-server.js';
import { Fleet } from '../load/fleet.js';
import { LoadSession } from '../load/session.js';
import { patienceMs } from '../load/verdict.js';
import { redisUrl } from '../paths.js';
import { ServerProcess } from '../server/server-process.js';
import { callMetrics } from './calls.js';
import { costOfCalls, latenciesOf } from './measure.js';
import type { Work } from './work.js';

const perSecond = 1_000;
const connections = 128;
const inFlight = 64;

export const relayed: Work = {
  name: 'relayed',
  title: ({ relayedSessions }) =>
    `${relayedSessions} sessions of one node, called at that node or at another one: ` +
    `latency at ${perSecond} calls per second, CPU of both nodes with ${inFlight} in flight`,
  subjects: ['ours-at-home', 'ours-relayed'],
  quickSubjects: ['ours-at-home', 'ours-relayed'],
  baseline: 'ours-at-home',
  metrics: callMetrics,
  prepare: async () => {
    const redis = await RedisServer.begin();
    process.once('exit', () => void redis.stop());
    process.env[redisUrl] = redis.url;
    return () => redis.stop();
  },
  start: async (owner, { relayedSessions, warmUpMs, leadInMs, windowMs, pacedMs }) => {
    const other = await ServerProcess.start(owner.subject);
    const entrance = owner.subject === 'ours-relayed' ? other : owner;
    while ((await other.order('cluster')).nodes < 2) await sleep(20);
    const fleet = await openAt(entrance, owner, relayedSessions);
    const measure = async (ms: number) => {
      const latencies = latenciesOf(await callByTheClock(fleet, entrance, pacedMs));
      const cost = await fleet.withCalls(
        inFlight,
        (run) => costOfCalls([owner, other], run, leadInMs, ms),
        { inTurn: true },
      );
      return { ...cost, ...latencies };
    };
    await measure(warmUpMs);
    const end = () => {
      fleet.close();
      return other.stop();
    };
    return { round: () => measure(windowMs), end };
  },
};

/** Opens sessions of `owner` whose clients are connected to `at`. */
async function openAt(at: ServerProcess, owner: ServerProcess, count: number): Promise<Fleet> {
  const fleet = new Fleet(at);
  await fleet.openStreams(count, async (number) => {
    const key = `X-Key: ${number}\r\n`;
    const session = await LoadSession.open(number, owner.port, owner.verdict, key);
    if (at === owner) return session;
    session.close();
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
 * makes them wait. Resolves with the latencies in µs.
 */
function callByTheClock(fleet: Fleet, entrance: ServerProcess, ms: number): Promise<number[]> {
  const { sessions } = fleet;
  const count = Math.ceil((ms / 1000) * perSecond);
  const times: number[] = [];
  return fleet.withPosters(connections, async (posters) => {
    const free = [...posters];
    const began = performance.now();
    for (let made = 0; made < count;) {
      const due = ((performance.now() - began) / 1000) * perSecond;
      for (; made < due && free.length > 0; made++) {
        const poster = free.pop();
        const session = sessions[made % sessions.length];
        if (session === undefined) throw new Error('no sessions');
        poster?.call(session, undefined, (micros) => {
          times.push(micros);
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
