import { Fleet } from '../load/fleet.js';
import type { ServerProcess } from '../server/server-process.js';
import { cpuPer } from './cpu-per.js';
import { pushing } from './participants.js';
import { sessionsGone } from './sessions-gone.js';
import type { Sample, Work } from './work.js';

/** Sessions that stay open all the time, as a server that is running has some. */
const residents = 16;
/** Rounds until V8 has compiled what a server that runs for a while has compiled. */
const warmUps = 3;

export const open: Work = {
  name: 'open',
  title: ({ openings }) => `${openings} sessions opened, 32 at a time`,
  subjects: pushing,
  quickSubjects: ['raw-http', 'express-json', 'sdk-v1', 'ours-handler', 'ours-v1'],
  metrics: [
    { key: 'rate', title: 'opened/s', digits: 0, ratio: true },
    { key: 'cpu', title: 'CPU µs/open', digits: 0, ratio: true },
  ],
  rounds: ({ rounds }) => rounds,
  sockets: ({ openings }) => 1.25 * openings + residents,
  start: async (server, { openings }) => {
    const fleet = new Fleet(server.port, server.verdict);
    await fleet.open(residents);
    const round = () => openAndClose(server, openings);
    for (let time = 0; time < warmUps; time++) await round();
    return { round, end: () => fleet.close() };
  },
};

async function openAndClose(server: ServerProcess, count: number): Promise<Sample> {
  const fleet = new Fleet(server.port, server.verdict);
  // Unmeasured: a process that waited for its turn has cold caches.
  await fleet.open(count / 4);
  const { cpu, elapsedMs } = await cpuPer(server, async () => {
    await fleet.open(fleet.sessions.length + count);
    return count;
  });
  fleet.close();
  await sessionsGone(server, residents);
  return { rate: (count / elapsedMs) * 1000, cpu };
}
