import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../load/fleet.js';
import { runLanesWhile } from '../load/run-lanes.js';
import { patienceMs } from '../load/verdict.js';
import type { ServerProcess } from '../server/server-process.js';
import { percentile } from '../statistics.js';
import { openNumbered } from './numbered-fleet.js';
import type { Sample, Work } from './work.js';

const others = 15;
const mebibyte = 1024 * 1024;
const totalBytes = 200 * mebibyte;
const maxBodyBytes = 4096;
const beforeMs = 1_500;
/** At least so long, and at most while the server is sending. */
const duringMs = { least: 1_000, most: 3_000 };
/** How long a server may go on sending after that, until what it holds is looked at. */
const moreMs = 1_500;
/** How long a server whose send waits has to give up the reader. */
const closingMs = 8_000;

export const stalled: Work = {
  name: 'stalled',
  title: () => `one reader stops while 200 MiB are sent to it, ${others} others make calls`,
  subjects: ['raw-http', 'express-json', 'sdk-v1', 'sdk-v2-legacy', 'ours-handler', 'ours-before'],
  quickSubjects: ['raw-http', 'sdk-v1', 'ours-handler'],
  metrics: [
    { key: 'held', title: 'MiB held', digits: 1 },
    { key: 'rss', title: 'RSS MiB', digits: 1 },
    { key: 'sent', title: 'MiB sent', digits: 0 },
    { key: 'before', title: "others' p99 before µs", digits: 0 },
    { key: 'during', title: 'during µs', digits: 0 },
    { key: 'worse', title: '× before', digits: 2 },
    { key: 'closedMs', title: 'closed after ms', digits: 0 },
  ],
  rounds: ({ longRounds }) => longRounds,
  sockets: () => 2 * (others + 1),
  start: async (server) => {
    // So little that the kernel takes it: nobody waits in the warm-up.
    await stall(server, mebibyte, 500);
    return {
      round: () => stall(server, totalBytes, beforeMs),
      end: () => undefined,
    };
  },
};

async function stall(server: ServerProcess, bytes: number, calmMs: number): Promise<Sample> {
  const { fleet, numbered } = await openNumbered(server, others + 1);
  const [victim] = numbered;
  if (victim === undefined) throw new Error('no sessions');
  victim.stream.mayEnd = true;
  const calmEnd = performance.now() + calmMs;
  const before = await othersP99(server, fleet, victim.number, () => performance.now() < calmEnd);
  const empty = await server.order('memory');
  victim.stream.pause();
  const began = performance.now();
  let sending = true;
  const feeding = server.order('stall', { session: 0, totalBytes: bytes, maxBodyBytes });
  const settled = feeding.then(
    () => (sending = false),
    () => (sending = false),
  );
  const during = await othersP99(server, fleet, victim.number, () => {
    const ms = performance.now() - began;
    return ms < duringMs.least || (sending && ms < duringMs.most);
  });
  await Promise.race([settled, sleep(moreMs)]);
  const full = await server.order('memory');
  // A server whose send still waits has noticed; one that took all of it never will.
  const closedMs = await closedAfter(server, began, () => sending);
  fleet.close();
  const { sentBytes } = await feeding;
  return {
    held: (full.held - empty.held) / mebibyte,
    rss: (full.rss - empty.rss) / mebibyte,
    sent: sentBytes / mebibyte,
    before,
    during,
    worse: during / before,
    closedMs,
  };
}

/** The p99 of the calls of all sessions but the one that does not read, one in flight for each. */
async function othersP99(
  server: ServerProcess,
  fleet: Fleet,
  victim: number,
  goOn: () => boolean,
): Promise<number> {
  const readers = fleet.sessions.filter(({ number }) => number !== victim);
  const lanes = await fleet.openLanes(readers, 1);
  const micros = await server.verdict.within(patienceMs, 'all answers', runLanesWhile(lanes, goOn));
  for (const lane of lanes) lane.close();
  return percentile(micros, 0.99);
}

/** When the server gave up the reader, or NaN if it did not. */
async function closedAfter(
  server: ServerProcess,
  began: number,
  goOn: () => boolean,
): Promise<number> {
  const deadline = performance.now() + closingMs;
  for (;;) {
    if ((await server.order('count')) === others) return performance.now() - began;
    if (!goOn() || performance.now() > deadline) return Number.NaN;
    await sleep(50);
  }
}
