import { Fleet } from '../load/fleet.js';
import { Lane } from '../load/lane.js';
import { runLanes } from '../load/run-lanes.js';
import type { Scale } from '../scale.js';
import type { ServerProcess } from '../server/server-process.js';
import { cpuPer } from './cpu-per.js';
import { sessionsGone } from './sessions-gone.js';
import type { Sample, Work } from './work.js';

/** Fewer than sessions at any step, so that no step has more to coalesce than another. */
const inFlight = 64;

export const growth: Work = {
  name: 'growth',
  title: ({ growthSteps }) =>
    `${growthSteps.join(', ')} sessions, each called in turn, ${inFlight} in flight`,
  subjects: ['raw-http', 'ours-handler', 'ours-before'],
  metrics: [
    { key: 'cpuFew', title: 'CPU µs/op, few', digits: 1, ratio: true },
    { key: 'cpuSome', title: 'some', digits: 1, ratio: true },
    { key: 'cpuMany', title: 'many', digits: 1, ratio: true },
    { key: 'heapSome', title: 'heap KB/session, some', digits: 1 },
    { key: 'heapMany', title: 'many', digits: 1 },
  ],
  rounds: ({ longRounds }) => longRounds,
  sockets: ({ growthSteps }) => growthSteps[2] + 2 * inFlight,
  start: async (server, scale) => {
    const fleet = new Fleet(server.port, server.verdict);
    await grow(fleet, scale.growthSteps[0]);
    await callInTurn(server, fleet, scale);
    fleet.close();
    await sessionsGone(server);
    return {
      round: () => steps(server, fleet, scale),
      end: () => fleet.close(),
    };
  },
};

async function steps(server: ServerProcess, fleet: Fleet, scale: Scale): Promise<Sample> {
  const [few, some, many] = scale.growthSteps;
  const empty = await server.order('memory');
  const heapPerSession = async () => {
    const { heapUsed } = await server.order('memory');
    return (heapUsed - empty.heapUsed) / fleet.sessions.length / 1024;
  };
  await grow(fleet, few);
  const cpuFew = await callInTurn(server, fleet, scale);
  await grow(fleet, some);
  const heapSome = await heapPerSession();
  const cpuSome = await callInTurn(server, fleet, scale);
  await grow(fleet, many);
  const heapMany = await heapPerSession();
  const cpuMany = await callInTurn(server, fleet, scale);
  fleet.close();
  await sessionsGone(server);
  return { cpuFew, cpuSome, cpuMany, heapSome, heapMany };
}

async function grow(fleet: Fleet, count: number): Promise<void> {
  const before = fleet.sessions.length;
  await fleet.open(count);
  await fleet.initialize(before);
}

/** CPU per call, in µs. */
async function callInTurn(server: ServerProcess, fleet: Fleet, scale: Scale): Promise<number> {
  let last = 0;
  const nextSession = () => {
    last = (last + 1) % fleet.sessions.length;
    const session = fleet.sessions[last];
    if (session === undefined) throw new Error('no sessions');
    return session;
  };
  const posters = await fleet.openPosters(inFlight);
  const lanes = posters.map((poster) => new Lane(poster, nextSession));
  const calls = async (ms: number) => (await runLanes(server.verdict, lanes, ms)).length;
  // Each step begins warm, or the first would pay for what the later ones find done.
  await calls(scale.warmUpMs);
  const { cpu } = await cpuPer(server, () => calls(scale.windowMs));
  for (const lane of lanes) lane.close();
  return cpu;
}
