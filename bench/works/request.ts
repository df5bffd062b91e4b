import { Fleet } from '../load/fleet.js';
import { runLanes } from '../load/run-lanes.js';
import type { ServerProcess } from '../server/server-process.js';
import { cpuPer } from './cpu-per.js';
import { callable } from './participants.js';
import type { Sample, Work } from './work.js';

const sessions = 16;
const inFlight = 32;

export const request: Work = {
  name: 'request',
  title: () => `request → answer, ${sessions} sessions × ${inFlight} in flight`,
  subjects: callable,
  metrics: [
    { key: 'cpu', title: 'CPU µs/op', digits: 1, ratio: true },
    { key: 'rate', title: 'ops/s', digits: 0 },
    { key: 'generator', title: 'generator µs/op', digits: 1 },
  ],
  rounds: ({ rounds }) => rounds,
  sockets: (_scale, subjects) => subjects * sessions + sessions * inFlight,
  start: async (server, scale) => {
    const fleet = new Fleet(server.port, server.verdict);
    await fleet.open(sessions);
    await fleet.initialize();
    await requests(server, fleet, scale.leadInMs, scale.warmUpMs);
    return {
      round: () => requests(server, fleet, scale.leadInMs, scale.windowMs),
      end: () => fleet.close(),
    };
  },
};

async function requests(
  server: ServerProcess,
  fleet: Fleet,
  leadInMs: number,
  ms: number,
): Promise<Sample> {
  const lanes = await fleet.openLanes(fleet.sessions, inFlight);
  await runLanes(server.verdict, lanes, leadInMs);
  let done = 0;
  const { cpu, generator, elapsedMs } = await cpuPer(server, async () => {
    done = (await runLanes(server.verdict, lanes, ms)).length;
    return done;
  });
  for (const lane of lanes) lane.close();
  return { cpu, generator, rate: (done / elapsedMs) * 1000 };
}
