import { Fleet } from '../load/fleet.js';
import { runLanes } from '../load/run-lanes.js';
import type { ServerProcess } from '../server/server-process.js';
import { percentile } from '../statistics.js';
import { callable } from './participants.js';
import type { Sample, Work } from './work.js';

export const latency: Work = {
  name: 'latency',
  title: () => 'request → answer, one in flight',
  subjects: callable,
  quickSubjects: [
    'raw-http',
    'express-json',
    'sdk-v1',
    'sdk-v2-legacy',
    'ours-handler',
    'ours-before',
  ],
  metrics: [
    { key: 'p50', title: 'p50 µs', digits: 0, ratio: true },
    { key: 'p99', title: 'p99 µs', digits: 0, ratio: true },
  ],
  rounds: ({ rounds }) => rounds,
  sockets: (_scale, subjects) => subjects + 1,
  start: async (server, scale) => {
    const fleet = new Fleet(server.port, server.verdict);
    await fleet.open(1);
    await fleet.initialize();
    await latencies(server, fleet, scale.leadInMs, scale.warmUpMs);
    return {
      round: () => latencies(server, fleet, scale.leadInMs, scale.windowMs),
      end: () => fleet.close(),
    };
  },
};

async function latencies(
  server: ServerProcess,
  fleet: Fleet,
  leadInMs: number,
  ms: number,
): Promise<Sample> {
  const lanes = await fleet.openLanes(fleet.sessions, 1);
  await runLanes(server.verdict, lanes, leadInMs);
  const micros = await runLanes(server.verdict, lanes, ms);
  for (const lane of lanes) lane.close();
  return { p50: percentile(micros, 0.5), p99: percentile(micros, 0.99) };
}
