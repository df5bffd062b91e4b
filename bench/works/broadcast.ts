import { Sequence } from '../load/sequence.js';
import { Tally } from '../load/tally.js';
import { patienceMs } from '../load/verdict.js';
import { everyone } from '../messages.js';
import { cpuPer } from './cpu-per.js';
import { openNumbered } from './numbered-fleet.js';
import { pushing } from './participants.js';
import type { Work } from './work.js';

const bytes = 256;
const count = 200;

export const broadcast: Work = {
  name: 'broadcast',
  title: ({ broadcastSessions }) =>
    `broadcast of ${bytes} B to ${broadcastSessions} sessions, ${count} in one turn`,
  subjects: pushing,
  quickSubjects: ['raw-http', 'sdk-v1', 'ours-handler'],
  metrics: [
    { key: 'cpu', title: 'CPU µs/delivery', digits: 2, ratio: true },
    { key: 'rate', title: 'deliveries/s', digits: 0 },
    { key: 'generator', title: 'generator µs/delivery', digits: 2 },
  ],
  rounds: ({ rounds }) => rounds,
  sockets: ({ broadcastSessions }, subjects) => subjects * broadcastSessions + 32,
  start: async (server, { broadcastSessions }) => {
    const { fleet, numbered } = await openNumbered(server, broadcastSessions);
    const tally = new Tally(server.verdict);
    for (const session of numbered) {
      session.receiver = new Sequence(everyone, bytes, tally, server.verdict);
    }
    const deliveries = count * broadcastSessions;
    const round = async () => {
      const { cpu, generator, elapsedMs } = await cpuPer(server, async () => {
        const arrived = tally.expect(deliveries);
        await server.order('broadcast', { count, bytes });
        await server.verdict.within(patienceMs, 'all deliveries', arrived);
        return deliveries;
      });
      return { cpu, generator, rate: (deliveries / elapsedMs) * 1000 };
    };
    await round();
    return {
      round,
      end: () => fleet.close(),
    };
  },
};
