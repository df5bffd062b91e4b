// Real clients against this package: each connects, lists tools, calls one, is told of progress and
// of a notification, loses its stream, and leaves. What cannot be checked is said, with the reason.
//
//   npm run test:clients                  all of them, and a table
//   npm run test:clients -- inspector     those with "inspector" in their names
import { Report } from '../../scripts/report.js';
import { candidates } from './candidates.js';
import { FAULTS, spoilt, type Fault } from './faults.js';
import { Host } from './host.js';
import { Journey, PATIENCE_MS, STEPS, type Candidate, type Step } from './journey.js';
import { table, type Outcome } from './table.js';

const [only = ''] = process.argv.slice(2);
const report = new Report();
/** What does not come because of a fault is not waited for so long. */
const FAULT_MS = 3_000;

/** The client that is being tried: libraries run in this process, with what they leave undone. */
let current: Candidate | undefined;
process.on('unhandledRejection', (reason) => {
  const { name = '', leavesUnhandled } = current ?? {};
  if (leavesUnhandled !== undefined && String(reason).includes(leavesUnhandled)) {
    console.log(`--     ${name}: leaves a rejection unhandled: ${leavesUnhandled}`);
  } else report.add(`${name}: no unhandled rejection`, String(reason));
});

const all = await candidates();
const rows: [Candidate, Outcome][] = [];
for (const candidate of all) {
  const title = `${candidate.name} ${candidate.version}`;
  if (!title.toLowerCase().includes(only.toLowerCase())) continue;
  current = candidate;
  const outcome = await travel(candidate, STEPS, PATIENCE_MS);
  rows.push([candidate, outcome]);
  for (const [step, fault] of outcome) report.add(`${title}: ${step}`, fault);
  for (const [step, reason] of Object.entries(candidate.cannot ?? {})) {
    console.log(`--     ${title}: ${step}: ${reason}`);
  }
}

if (only === '') {
  for (const fault of FAULTS) await tryFault(fault);
  console.log(`\n${table(rows)}\n`);
}
report.close();
// Some libraries keep connections for later.
process.exit();

/** Takes the steps that are possible; `connect` is among them if it fails. */
async function travel(
  candidate: Candidate,
  steps: readonly Step[],
  patienceMs: number,
): Promise<Outcome> {
  const outcome = new Map<Step | 'connect', string | undefined>();
  const host = await Host.open(candidate.options);
  try {
    const journey = await Journey.begin(host, candidate, patienceMs);
    for (const step of steps) {
      if (candidate.cannot?.[step] === undefined) outcome.set(step, await faultOf(journey, step));
    }
    await journey.close();
  } catch (error) {
    outcome.set('connect', String(error));
  } finally {
    await host.close();
  }
  return outcome;
}

async function tryFault(fault: Fault): Promise<void> {
  const { name, noticedBy, client = 'SDK v2' } = fault;
  const candidate = all.find((each) => each.name === client);
  if (!candidate) {
    console.log(`skipped: ${name}: there is no ${client}`);
    return;
  }
  const steps = noticedBy === 'connect' ? [] : [noticedBy];
  const noticed = (await travel(spoilt(candidate, fault), steps, FAULT_MS)).get(noticedBy);
  report.add(`${client}, ${name}: noticed by "${noticedBy}"`, noticed ? undefined : 'it was not');
}

async function faultOf(journey: Journey, step: Step): Promise<string | undefined> {
  return journey.take(step).then(
    () => undefined,
    (reason: unknown) => String(reason),
  );
}
