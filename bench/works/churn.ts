import { LoadSession } from '../load/load-session.js';
import type { ServerProcess } from '../server/server-process.js';
import { cpuPer } from './cpu-per.js';
import { sessionsGone } from './sessions-gone.js';
import type { Work } from './work.js';

/** How many clients come and go at a time. */
const atATime = 32;

export const churn: Work = {
  name: 'churn',
  title: ({ churnCycles }) => `${churnCycles} times: connect, get the endpoint, abort`,
  subjects: [
    'raw-http',
    'express-json',
    'sdk-v1',
    'sdk-v2-legacy',
    'express-mcp-handler',
    'ours-handler',
    'ours-v1',
    'ours-v2',
  ],
  quickSubjects: ['raw-http', 'sdk-v1', 'ours-handler', 'ours-v1'],
  metrics: [
    { key: 'growth', title: 'heap B/cycle kept', digits: 1 },
    { key: 'cpu', title: 'CPU µs/cycle', digits: 0, ratio: true },
  ],
  rounds: ({ longRounds }) => longRounds,
  sockets: () => 2 * atATime,
  start: async (server, { churnCycles }) => {
    await comeAndGo(server, churnCycles / 2);
    return {
      round: async () => {
        const before = await server.order('memory');
        const { cpu } = await cpuPer(server, () => comeAndGo(server, churnCycles));
        const after = await server.order('memory');
        return { growth: (after.heapUsed - before.heapUsed) / churnCycles, cpu };
      },
      end: () => undefined,
    };
  },
};

async function comeAndGo(server: ServerProcess, cycles: number): Promise<number> {
  let left = cycles;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const session = await LoadSession.open(0, server.port, server.verdict);
      session.close();
    }
  };
  await Promise.all(Array.from({ length: atATime }, client));
  await sessionsGone(server);
  return cycles;
}
