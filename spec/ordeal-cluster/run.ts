/**
 * `npm run test:cluster`: three real processes on a real adapter, a balancer without stickiness,
 * real SDK clients whose streams are cut all the time, and one fault after the other.
 *
 * --seconds N  begins no new round after so long (300); the shortest run is one round of each
 * --adapter E   only on this adapter: redis, ioredis, nats
 * --only F     only the faults with F in their name
 * --each N     clients of each of the four kinds (4)
 * --seed N     another course of events
 */
import { parseArgs } from 'node:util';

import { hasNats } from '../support/nats-server.js';
import { hasRedis } from '../support/redis-server.js';
import { Cluster } from './cluster.js';
import { Crowd } from './crowd.js';
import type { AdapterName } from './adapters.js';
import { faults, type FaultName } from './faults.js';
import { Judge, type Findings } from './judge.js';
import { until } from './until.js';

const ALL = Object.keys(faults) as FaultName[];
const SOME: FaultName[] = ['none', 'adapter killed and restarted'];
const PLAN: Record<AdapterName, readonly FaultName[]> = { redis: ALL, ioredis: SOME, nats: SOME };
/** After all sessions have ended, in MiB: several times what a node takes at the start. */
const HEAP = 96;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    adapter: { type: 'string' },
    only: { type: 'string', default: '' },
    each: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
  },
});
/** The part of the time that is each adapter's. */
const SHARE: Record<AdapterName, number> = { redis: 0.6, ioredis: 0.2, nats: 0.2 };

let passed = 0;
let failed = 0;

function tell(adapter: AdapterName, what: string, problems: readonly string[], more = ''): void {
  if (problems.length === 0) passed += 1;
  else failed += 1;
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${adapter}, ${what}: ${more}`);
  for (const problem of problems.slice(0, 8)) console.log(`       ${problem}`);
  if (problems.length > 8) console.log(`       and ${problems.length - 8} more`);
}

async function suffer(adapter: AdapterName): Promise<void> {
  const endAt = performance.now() + Number(values.seconds) * 1_000 * SHARE[adapter];
  const cluster = await Cluster.start(adapter, Number(values.seed));
  try {
    const crowd = new Crowd(cluster, Number(values.each));
    await cluster.talk('talk');
    await crowd.connect();
    const judge = new Judge(cluster, crowd);
    const plan = PLAN[adapter].filter((fault) => fault.includes(values.only));
    do {
      for (const fault of plan) await phase(cluster, crowd, judge, fault);
    } while (performance.now() < endAt);
    await end(cluster, crowd);
  } catch (error) {
    tell(adapter, 'the run', [String(error), ...cluster.complaints()]);
  } finally {
    await cluster.stop();
  }
}

/** One fault, with everything going on, until all that was sent has arrived. */
async function phase(
  cluster: Cluster,
  crowd: Crowd,
  judge: Judge,
  fault: FaultName,
): Promise<void> {
  const { adapterName, balancer } = cluster;
  const problems: string[] = [];
  const trouble = (error: unknown): void => void problems.push(String(error));
  const cuts = balancer.cuts;
  await cluster.talk('talk');
  balancer.startCutting();
  crowd.startCalling();
  const note = await faults[fault](cluster, crowd).catch(trouble);
  const over = performance.now();
  await cluster.acquainted().catch(trouble);
  crowd.stopCalling();
  balancer.stopCutting();
  await crowd.settled(cluster).catch(trouble);
  await cluster.talk('hush');
  await crowd.atRest(cluster).catch(trouble);
  const recovery = ((performance.now() - over) / 1_000).toFixed(1);
  const findings = await judge.judge();
  const states = await cluster.states();
  const relayed = states.reduce((sum, { cluster: { requestsSent } }) => sum + requestsSent, 0);
  if (relayed === 0) problems.push('nothing went from node to node');
  if (fault === 'none' && Object.keys(findings.refused).length > 0) {
    problems.push(`calls were refused without a fault: ${JSON.stringify(findings.refused)}`);
  }
  const cut = `${balancer.cuts - cuts} cuts`;
  const more = [...(note ? [note] : []), cut, summary(findings), `at rest after ${recovery} s`];
  tell(adapterName, fault, [...problems, ...findings.faults], more.join('; '));
}

function summary({ notifications, repeats, answered, refused }: Findings): string {
  const others = Object.entries(refused).map(([status, count]) => `, ${count} × ${status}`);
  return `${notifications} notifications, ${repeats} repeated; ${answered} calls answered${others.join('')}`;
}

/** Nothing is left, and the nodes end when they are asked to. */
async function end(cluster: Cluster, crowd: Crowd): Promise<void> {
  const { adapterName, places } = cluster;
  const problems: string[] = [];
  await crowd.leave();
  await until(async () => {
    const open = (await cluster.states()).map(({ sessions, detached }) => sessions - detached);
    return open.some((count) => count > 0) ? `streams without clients: ${open.join()}` : undefined;
  }).catch((error: unknown) => void problems.push(String(error)));
  await Promise.all(places.map(({ node }) => node.order('clear')));
  const states = await cluster.states();
  for (const { sessions, heap, cluster: link } of states) {
    if (sessions > 0) problems.push(`${sessions} sessions are left`);
    if (link.streamsImported + link.streamsExported > 0) problems.push('relayed streams are left');
    if (heap > HEAP) problems.push(`${heap.toFixed(0)} MiB are left`);
  }
  await Promise.all(places.map(({ node }) => node.terminate(10_000))).catch(
    (error: unknown) => void problems.push(String(error)),
  );
  const heaps = states.map(({ heap }) => heap.toFixed(0)).join(', ');
  const errors = JSON.stringify(states.map(({ errors: codes }) => codes));
  tell(adapterName, 'the end', [...problems, ...cluster.complaints()], `${heaps} MiB; ${errors}`);
}

const wanted = (Object.keys(PLAN) as AdapterName[]).filter((adapter) => {
  if (values.adapter !== undefined && adapter !== values.adapter) return false;
  return adapter === 'nats' ? hasNats : hasRedis;
});
for (const adapter of wanted) await suffer(adapter);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
