/** A reader that stops, and what the others notice of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet } from '../load/fleet.js';
import type { ServerProcess } from '../server/server-process.js';
import { mebibyte } from './calls.js';
import { latenciesOf } from './measure.js';
import { nodeSubjects, type Sample, type Work } from './work.js';

const others = 15;
/** The length of a message. */
const bytes = 4096;
/** How long the others make calls before it stops, and after. */
const callsMs = 1_000;
/** How long a server may go on sending after that, until what it holds is looked at. */
const moreMs = 1_000;

export const stalled: Work = {
  name: 'stalled',
  title: ({ stalledMebibytes }) =>
    `one reader stops while ${stalledMebibytes} MiB are sent to it, ${others} others make calls`,
  subjects: nodeSubjects,
  quickSubjects: ['raw-http', 'ours-handler'],
  metrics: [
    { key: 'held', title: 'MiB held', digits: 1 },
    { key: 'sent', title: 'MiB sent', digits: 0 },
    { key: 'before', title: "others' p99 before µs", digits: 0 },
    { key: 'during', title: 'during µs', digits: 0 },
    { key: 'worse', title: '× before', digits: 2 },
  ],
  long: true,
  start: async (server, { stalledMebibytes }) => {
    // So little that the kernel takes it: nothing waits in the warm-up.
    await stall(server, mebibyte);
    return { round: () => stall(server, stalledMebibytes * mebibyte), end: () => undefined };
  },
};

async function stall(server: ServerProcess, totalBytes: number): Promise<Sample> {
  const fleet = new Fleet(server);
  await fleet.growTo(others + 1);
  const [victim, ...readers] = fleet.sessions;
  if (victim === undefined) throw new Error('no sessions');
  await server.order('enrol', [victim.id]);
  const othersP99 = async () => {
    const micros = await fleet.withCalls(others, (run) => run(callsMs), { sessions: readers });
    return latenciesOf(micros).p99;
  };

  const before = await othersP99();
  const empty = await server.order('memory');
  victim.mayEnd = true;
  victim.connection.pause();
  const feeding = server.order('stall', { count: totalBytes / bytes, bytes });
  const during = await othersP99();
  await Promise.race([feeding, sleep(moreMs)]);
  const full = await server.order('memory');
  // That ends the session, and a send that still waits.
  fleet.close();
  const sent = ((await feeding) * bytes) / mebibyte;
  const held = (full.held - empty.held) / mebibyte;
  return { held, sent, before, during, worse: during / before };
}
