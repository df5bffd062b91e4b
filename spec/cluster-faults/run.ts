// `npm run test:cluster`: three real processes on a real adapter, a balancer without stickiness,
// real SDK clients whose streams are cut all the time, and one fault after the other.
import type { Report } from '../../scripts/report.js';
import { hasNats } from '../support/nats-server.js';
import { runProgram } from '../support/program/program.js';
import { until } from '../support/program/waiting.js';
import { hasRedis } from '../support/redis-server.js';
import type { AdapterName } from './adapters.js';
import { Clients } from './clients.js';
import { Cluster } from './cluster.js';
import { STAND_INS } from './deploys/answers.js';
import { checkEvent } from './deploys/deploys.js';
import { ROWS } from './deploys/rows.js';
import { checkManySessions } from './deploys/many-sessions.js';
import { findPython } from './deploys/python-connection.js';
import { sessionFaults, type ClientPlace } from './end-check.js';
import { faults, type FaultName } from './faults.js';
import { noteOutage } from './killings.js';
import { Verifier, type Findings } from './verifier.js';

/** What only some adapters can do. */
const SPECIAL: readonly FaultName[] = ['failover', 'small payload'];
const ALL = (Object.keys(faults) as FaultName[]).filter((name) => !SPECIAL.includes(name));
const SOME: FaultName[] = ['none', 'adapter killed and restarted'];
/** A run that shall take no longer does without these, and says so. */
const SHORT_SECONDS = 60;
/** Clients of each kind in such a run. */
const SHORT_EACH = 2;
const LONG_ONES: readonly FaultName[] = [
  'node stopped 10 s',
  'two servers',
  'loop blocked 5 s',
  'nodes killed at random',
];

/** Besides those that name the adapter: some node loses it. */
const OUTAGES: readonly FaultName[] = ['connections cut in series', 'two servers', 'failover'];

interface Plan {
  readonly faults: readonly FaultName[];
  /** The part of the time that is this adapter's; the others share theirs. */
  readonly share: number;
  /** What must be installed for it. */
  readonly server: 'redis-server' | 'nats-server';
}

const PLANS: Readonly<Record<AdapterName, Plan>> = {
  redis: { faults: ALL, share: 1, server: 'redis-server' },
  ioredis: { faults: SOME, share: 0.2, server: 'redis-server' },
  nats: {
    faults: [...SOME, 'node killed', 'nodes killed at random'],
    share: 0.2,
    server: 'nats-server',
  },
  'nats-small': { faults: ['small payload'], share: 0.2, server: 'nats-server' },
  sentinel: { faults: ['failover'], share: 0.2, server: 'redis-server' },
  'redis-cluster': { faults: ['failover'], share: 0.2, server: 'redis-server' },
  'nats-cluster': { faults: ['failover'], share: 0.2, server: 'nats-server' },
};
const INSTALLED = { 'redis-server': hasRedis, 'nats-server': hasNats };
/** After all sessions have ended, in MiB: several times what a node takes at the start. */
const HEAP = 96;

await runProgram({
  name: 'test:cluster',
  flags: {
    seconds: {
      default: 300,
      help: 'no new round begins after this; the shortest run is one round',
    },
    adapter: { default: '', help: `one of ${Object.keys(PLANS).join(', ')}; all by default` },
    only: {
      default: '',
      help: 'only the faults with this in their names, those that take long too',
    },
    each: { default: 4, help: 'clients of each of the four kinds' },
    deployed: { default: 12, help: 'clients of each of the five kinds in deploys' },
    sessions: { default: 1_000, help: 'sessions that one node hands over, in time' },
    broken: {
      default: '',
      help: `deploys of nodes that are broken, which must be noticed: ${Object.keys(STAND_INS).join(', ')}, all`,
    },
    seed: { default: 1, help: 'another seed is another course of events' },
  },
  async run(flags, report) {
    const wanted = entries(PLANS).filter(([name]) => ['', name].includes(flags.adapter));
    if (flags.broken !== '') {
      await runBroken(flags, report);
      return;
    }
    const lane = async (plans: typeof wanted): Promise<void> => {
      for (const [adapter, { server }] of plans) {
        if (INSTALLED[server]) await runOn(adapter, flags, report);
        else report.skip(adapter, `${server} is not installed`);
      }
    };
    // Most of the time is waiting.
    await Promise.all([
      lane(wanted.filter(([name]) => name === 'redis')),
      lane(wanted.filter(([name]) => name !== 'redis')),
    ]);
    // Alone: a node that hands its sessions over gives the next one two seconds for each.
    await runEvents(flags, report);
  },
});

interface Settings {
  readonly seconds: number;
  readonly only: string;
  readonly each: number;
  readonly seed: number;
  readonly adapter: string;
  readonly deployed: number;
  readonly sessions: number;
  readonly broken: string;
}

/** What clients of all kinds were given is judged; nodes are restarted twice over. */
async function runEvents(settings: Settings, report: Report): Promise<void> {
  const { seconds, only, adapter, deployed, sessions, seed } = settings;
  const wanted = ROWS.filter(([name, event]) => {
    return ['', name].includes(adapter) && event.includes(only);
  });
  if (wanted.length === 0) return;
  const python = await findPython(report);
  const isShort = seconds < SHORT_SECONDS;
  const each = isShort ? Math.min(deployed, SHORT_EACH) : deployed;
  for (const [name, event] of wanted) {
    const { server } = PLANS[name];
    const what = `${name}, all kinds of clients: ${event}`;
    if (!INSTALLED[server]) report.skip(what, `${server} is not installed`);
    else if (isShort && only === '' && event !== 'deploys') {
      report.skip(what, 'it takes long: --only it');
    } else {
      const rounds = isShort && name !== 'redis' ? 1 : 2;
      await checkEvent(name, { event, rounds, each, seed, python, standIn: '' }, report);
    }
  }
  if (!isShort && wanted.some(([name, event]) => name === 'redis' && event === 'deploys')) {
    await checkManySessions('redis', sessions, report);
  }
}

/** The judge must be able to find fault. */
async function runBroken({ broken, seed }: Settings, report: Report): Promise<void> {
  const standIns = entries(STAND_INS).filter(([name]) => ['all', name].includes(broken));
  if (standIns.length === 0) report.add(`stand-in "${broken}"`, 'there is none of that name');
  for (const [standIn, event] of standIns) {
    const settings = { rounds: 1, each: 1, seed, python: undefined, standIn, event };
    await checkEvent('redis', settings, report);
  }
}

async function runOn(adapter: AdapterName, settings: Settings, report: Report): Promise<void> {
  const plan = PLANS[adapter];
  const endAt = performance.now() + settings.seconds * 1_000 * plan.share;
  const isShort = settings.seconds < SHORT_SECONDS && settings.only === '';
  const named = plan.faults.filter((fault) => fault.includes(settings.only));
  const wanted = named.filter((fault) => !isShort || !LONG_ONES.includes(fault));
  for (const fault of named) {
    if (!wanted.includes(fault)) report.skip(`${adapter}, ${fault}`, 'it takes long: --only it');
  }
  if (wanted.length === 0) return;
  const cluster = await Cluster.start(adapter, settings.seed);
  try {
    const clients = new Clients(cluster, settings.each);
    await cluster.notify(true);
    await clients.connect();
    const verifier = new Verifier(cluster, clients);
    do {
      for (const fault of wanted) await checkFault(fault, { cluster, clients, verifier, report });
    } while (performance.now() < endAt);
    await checkEnd(cluster, clients, report);
  } catch (error) {
    report.add(`${adapter}, the run`, [String(error), ...cluster.crashes()]);
  } finally {
    await cluster.stop();
  }
}

interface Context {
  readonly cluster: Cluster;
  readonly clients: Clients;
  readonly verifier: Verifier;
  readonly report: Report;
}

/** One fault while clients call and streams are cut, until everything that was sent has arrived. */
async function checkFault(
  fault: FaultName,
  { cluster, clients, verifier, report }: Context,
): Promise<void> {
  const { adapterName, balancer } = cluster;
  const problems: string[] = [];
  const addProblem = (error: unknown): void => void problems.push(String(error));
  const cuts = balancer.cuts;
  await cluster.notify(true);
  balancer.startCutting();
  clients.startCalling();
  const note = await faults[fault](cluster, clients).catch(addProblem);
  const over = performance.now();
  if (fault.includes('adapter') || OUTAGES.includes(fault)) noteOutage(cluster);
  await cluster.connected().catch(addProblem);
  clients.stopCalling();
  balancer.stopCutting();
  await clients.reconnected(cluster).catch(addProblem);
  await cluster.notify(false);
  await clients.idle(cluster).catch(addProblem);
  const recovery = ((performance.now() - over) / 1_000).toFixed(1);
  const findings = await verifier.verify();
  const states = await cluster.states();
  const relayed = states.reduce((sum, { cluster: { requestsSent } }) => sum + requestsSent, 0);
  if (relayed === 0) problems.push('nothing went from node to node');
  if (fault === 'none' && Object.keys(findings.refused).length > 0) {
    problems.push(`calls were refused without a fault: ${JSON.stringify(findings.refused)}`);
  }
  const cut = `${balancer.cuts - cuts} cuts`;
  const notes = [...(note ? [note] : []), cut, summary(findings), `recovered in ${recovery} s`];
  report.add(`${adapterName}, ${fault}`, [...problems, ...findings.faults], notes.join('; '));
}

function summary(findings: Findings): string {
  const { notifications, lost, repeats, reordered, answered, hung, false404, refused } = findings;
  const others = Object.entries(refused).map(([status, count]) => `, ${count} × ${status}`);
  return [
    `${notifications} notifications, ${lost} lost, ${repeats} repeated, ${reordered} reordered`,
    `${answered} calls answered, ${hung} hung, ${false404} false 404${others.join('')}`,
  ].join('; ');
}

/** Nothing is left, and the nodes end on SIGTERM. */
async function checkEnd(cluster: Cluster, clients: Clients, report: Report): Promise<void> {
  const { adapterName, slots } = cluster;
  const problems: string[] = [];
  const addProblem = (error: unknown): void => void problems.push(String(error));
  const places = (): ClientPlace[] =>
    clients.all.map(({ name, session }) => ({ name, sessionId: session?.id }));
  const faultsNow = async (of: readonly ClientPlace[]): Promise<string | undefined> => {
    const found = sessionFaults(of, await cluster.askAll('sessions'));
    return found.length > 0 ? found.join('; ') : undefined;
  };
  // A stream that has just been cut comes back.
  await until(() => faultsNow(places())).catch(addProblem);
  await clients.close();
  await until(() => faultsNow([])).catch(addProblem);
  await cluster.askAll('closeSessions');
  const states = await cluster.states();
  for (const { sessions, heap, cluster: link } of states) {
    if (sessions > 0) problems.push(`${sessions} sessions are left`);
    if (link.streamsImported + link.streamsExported > 0) problems.push('relayed streams are left');
    if (heap > HEAP) problems.push(`${heap.toFixed(0)} MiB are left`);
  }
  await Promise.all(slots.map(({ node }) => node.process.terminate(10_000))).catch(addProblem);
  const heaps = states.map(({ heap }) => heap.toFixed(0)).join(', ');
  const errors = JSON.stringify(states.map(({ errors: codes }) => codes));
  const faultsFound = [...problems, ...cluster.crashes()];
  report.add(`${adapterName}, the end`, faultsFound, `${heaps} MiB; ${errors}`);
}

function entries<Key extends string, Value>(of: Readonly<Record<Key, Value>>): [Key, Value][] {
  return Object.entries(of) as [Key, Value][];
}
