// Real clients against this package: each connects, lists tools, calls one, receives progress and a
// notification, loses its stream, and leaves. What a kind of client cannot do is printed with
// the reason. Before that, clients of every era visit one URL.
//
//   npm run test:clients                  all
//   npm run test:clients -- inspector     those with "inspector" in their names
//   npm run test:clients -- "one url"     only the visits to one URL
import type { Report } from '../../scripts/report.js';
import { runProgram } from '../support/program/program.js';
import { candidates } from './candidates.js';
import { FAULTS, withFault, type Fault } from './faults.js';
import { Host } from './host.js';
import { checkOneUrl } from './one-url/check.js';
import { StepRunner, STEPS, WAIT_MS, type Candidate, type Step } from './steps.js';
import { table, type Outcome } from './table.js';

/** What does not come because of a fault is not waited for longer. */
const FAULT_MS = 3_000;

/** The client that is being tried: libraries run in this process, with what they leave undone. */
let current: Candidate | undefined;

await runProgram({
  name: 'test:clients',
  flags: {
    only: { default: '', help: 'only checks with this in their titles, no table and no faults' },
  },
  async run({ only }, report) {
    const visits = await checkOneUrl(only, report);
    // The others need not be built then.
    if (only.toLowerCase().startsWith('one url')) return;
    const all = await candidates(report);
    const rows: [Candidate, Outcome][] = [];
    for (const candidate of all) {
      const title = `${candidate.name} ${candidate.version}`;
      if (!title.toLowerCase().includes(only.toLowerCase())) continue;
      current = candidate;
      rows.push([candidate, await checkCandidate(candidate, title, report)]);
    }
    if (only !== '') return;
    for (const fault of FAULTS) await checkFault(fault, all, report);
    console.log(`\n${table(rows)}\n\n${visits}\n`);
  },
  expectsRejection(reason) {
    const { name = '', leavesUnhandled } = current ?? {};
    if (leavesUnhandled === undefined || !String(reason).includes(leavesUnhandled)) return false;
    console.log(`--     ${name}: leaves a rejection unhandled: ${leavesUnhandled}`);
    return true;
  },
});

async function checkCandidate(
  candidate: Candidate,
  title: string,
  report: Report,
): Promise<Outcome> {
  const outcome: Outcome = await takeSteps(candidate, STEPS, WAIT_MS, (step, problem, note) => {
    report.add(`${title}: ${step}`, problem, note);
  });
  for (const [step, reason] of Object.entries(candidate.cannot ?? {})) {
    console.log(`--     ${title}: ${step}: ${reason}`);
  }
  return outcome;
}

/** A fault must be noticed. */
async function checkFault(fault: Fault, all: readonly Candidate[], report: Report): Promise<void> {
  const { name, noticedBy, client = 'SDK v2' } = fault;
  const title = `${client}, ${name}: noticed by "${noticedBy}"`;
  const candidate = all.find((each) => each.name === client);
  if (!candidate) {
    report.skip(title, `there is no ${client}`);
    return;
  }
  const steps = noticedBy === 'connect' ? [] : [noticedBy];
  const outcome = await takeSteps(withFault(candidate, fault), steps, FAULT_MS);
  report.add(title, outcome.get(noticedBy) === undefined ? 'it was not noticed' : undefined);
}

/** Takes the steps that are possible; `connect` is among them if it fails. */
async function takeSteps(
  candidate: Candidate,
  steps: readonly Step[],
  waitMs: number,
  onStep: (step: Step | 'connect', problem: string | undefined, note?: string) => void = () =>
    undefined,
): Promise<Outcome> {
  const outcome = new Map<Step | 'connect', string | undefined>();
  const host = await Host.open(candidate.options);
  const take = (step: Step | 'connect', problem: string | undefined): void => {
    outcome.set(step, problem);
    onStep(step, problem, step === 'leave' ? `by ${host.lastStreamEnd ?? 'nothing'}` : '');
  };
  try {
    const runner = await StepRunner.connect(host, candidate, waitMs);
    for (const step of steps) {
      if (candidate.cannot?.[step] === undefined) take(step, await problemOf(runner.take(step)));
    }
    await runner.close();
  } catch (error) {
    take('connect', String(error));
  } finally {
    await host.close();
  }
  return outcome;
}

function problemOf(work: Promise<void>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (reason: unknown) => String(reason),
  );
}
