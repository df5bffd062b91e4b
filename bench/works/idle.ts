import { Fleet } from '../load/fleet.js';
import type { ServerProcess } from '../server/server-process.js';
import { pushing } from './participants.js';
import { sessionsGone } from './sessions-gone.js';
import type { Sample, Work } from './work.js';

/**
 * Sessions that stay open all the time, as a server that is running has some: with none left, the
 * collection before each measurement would take the shapes of all their objects too, and the code
 * that was compiled for them.
 */
const residents = 16;

export const idle: Work = {
  name: 'idle',
  title: ({ idleSessions }) => `${idleSessions} sessions: opened, initialized, idle`,
  subjects: pushing,
  quickSubjects: ['raw-http', 'express-json', 'sdk-v1', 'ours-handler', 'ours-v1'],
  metrics: [
    { key: 'heap', title: 'heap KB/session', digits: 1, ratio: true },
    { key: 'rss', title: 'RSS KB/session', digits: 1 },
  ],
  rounds: ({ longRounds }) => longRounds,
  sockets: ({ idleSessions }) => idleSessions + residents + 64,
  start: async (server, { idleSessions }) => {
    const fleet = await opened(server, residents);
    // What is loaded and compiled while the first sessions come is none of theirs.
    await fill(server, idleSessions);
    return {
      round: () => fill(server, idleSessions),
      end: () => fleet.close(),
    };
  },
};

async function opened(server: ServerProcess, count: number): Promise<Fleet> {
  const fleet = new Fleet(server.port, server.verdict);
  await fleet.open(count);
  if (server.subject !== 'better-sse') await fleet.initialize();
  return fleet;
}

async function fill(server: ServerProcess, count: number): Promise<Sample> {
  const fleet = new Fleet(server.port, server.verdict);
  const before = await server.order('memory');
  await fleet.open(count);
  if (server.subject !== 'better-sse') await fleet.initialize();
  const open = (await server.order('count')) - residents;
  if (open !== count) throw new Error(`${server.subject}: ${open} sessions of ${count} are open`);
  const after = await server.order('memory');
  fleet.close();
  await sessionsGone(server, residents);
  return {
    heap: (after.heapUsed - before.heapUsed) / count / 1024,
    rss: (after.rss - before.rss) / count / 1024,
  };
}
