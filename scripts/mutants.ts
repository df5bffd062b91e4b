// Shows that the specs can fail: puts one fault after the other into a copy of the sources and
// runs the specs that must notice it. `npm run test:mutants -- lock 'a slot'` takes those with "lock"
// or "a slot" in their names or files. `--part 1/8` takes every eighth one, 0/8 to 7/8.
//
// Most are killed by the test that has killed them before, which `mutants/killers.json` knows. For the
// others all their specs run once with probes, then the tests that reach them run with the fault.
// `--remember` writes down which test it was.
import { parseArgs } from 'node:util';

import { long, waiting as specsThatWait } from '../vitest.config.js';
import type { Recording, RecordingOrder, Seen } from './mutation-lane.js';
import { MUTANTS, rotten } from './mutants/index.js';
import { readKillers, remember } from './mutants/killers.js';
import { Lane, msOf, type Outcome, type Trial, type Verdict } from './mutants/lane.js';
import type { Mutant } from './mutants/mutant.js';

/** Copies in which mutants are tried at the same time: in some those whose tests mostly wait. */
const LANES = { waiting: 3, quick: 2 };
/** Specs that wait or take long. */
const SLOW = new Set([...specsThatWait, ...long].map((path) => path.replace(/^spec\//, '')));

/** How a verdict is told. In the first round, another test may still notice what one has missed. */
type Words = Partial<Record<Verdict, string>>;

/** What came of trials. */
interface Outcomes {
  /** By the test that has noticed it, where one has failed. */
  readonly killed: Map<Mutant, Seen | undefined>;
  /** The lines of those that no test has noticed. */
  readonly survived: string[];
  /** The lines of sound sources in which a test has noticed something. */
  readonly unsound: string[];
}

/** Tries mutants, a few at a time, and tells of each as soon as it is known. */
async function tryAll(
  trials: readonly Trial[],
  lanes: readonly Lane[],
  words: Words = {},
): Promise<Outcomes> {
  const left = [...trials].sort((one, other) => msOf(other.tests) - msOf(one.tests));
  const outcomes: Outcomes = { killed: new Map(), survived: [], unsound: [] };
  const work = async (lane: Lane, at: number): Promise<void> => {
    const next = () => (at < LANES.waiting ? left.shift() : left.pop());
    let last;
    for (let trial = next(); trial; trial = next()) {
      const { verdict, by, line } = await tell(lane, trial, words);
      if (verdict === 'killed') outcomes.killed.set(trial.mutant, by);
      else outcomes.survived.push(line);
      last = trial;
    }
    if (!last) return;
    // A lane that finds fault with sound sources finds fault with everything.
    const { find, name } = last.mutant;
    const sound = { ...last.mutant, replace: find, name: `nothing, in the place of: ${name}` };
    const inverse = { killed: 'UNSOUND', SURVIVED: 'sound' };
    const { verdict, line } = await tell(lane, { ...last, mutant: sound }, inverse);
    if (verdict !== 'SURVIVED') outcomes.unsound.push(line);
  };
  await Promise.all(lanes.map(work));
  return outcomes;
}

async function tell(
  lane: Lane,
  trial: Trial,
  words: Words,
): Promise<Outcome & { readonly line: string }> {
  const started = performance.now();
  const outcome = await lane.try(trial);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const { mutant, tests } = trial;
  const how = `${mutant.file}, ${tests.length} tests, ${seconds} s`;
  const said = words[outcome.verdict] ?? outcome.verdict;
  const line = `${said.padEnd(8)}  ${mutant.name} (${how})`;
  console.log(line);
  return { ...outcome, line };
}

/** The tests of its specs that reach the mutant, or nothing at all: these start programs that may. */
function thatSee(mutant: Mutant, tests: readonly Seen[]): Seen[] {
  return mutant.specs.flatMap((spec) => {
    const all = tests.filter(({ file }) => file === spec);
    const seeing = all.filter(({ mutants }) => mutants.includes(mutant.name));
    return seeing.length > 0
      ? all.filter((test) => seeing.includes(test) || test.mutants.length === 0)
      : all;
  });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      part: { type: 'string', default: '0/1' },
      remember: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [part = 0, parts = 1] = values.part.split('/').map(Number);
  const mutants = chosen(positionals).filter((_, index) => index % parts === part);
  const unplaced = await rotten(mutants);
  for (const { name, file } of unplaced) {
    console.log(
      `ROTTEN    ${name}: what it replaces does not stand exactly once in lib/${file}, or its spec is gone`,
    );
  }
  const placed = mutants.filter((mutant) => !unplaced.includes(mutant));
  const lanes = await Promise.all(
    Array.from({ length: LANES.waiting + LANES.quick }, () => Lane.make()),
  );
  try {
    const missed = { SURVIVED: 'missed', BROKEN: 'missed' };
    const before = await tryAll(await withKillers(placed, lanes), lanes, missed);
    const open = placed.filter((mutant) => !before.killed.has(mutant));
    const after = await tryAll(await withAllThatSee(open, lanes), lanes);
    if (values.remember) await remember(after.killed, MUTANTS);
    // Once more at the end, where they are looked for.
    const unsound = [...before.unsound, ...after.unsound];
    for (const line of [...after.survived, ...unsound]) console.log(line);
    const killed = Math.max(before.killed.size + after.killed.size - unsound.length, 0);
    console.log(`${killed} passed, ${mutants.length - killed} failed`);
    if (killed < mutants.length) process.exitCode = 1;
  } finally {
    await Promise.all(lanes.map((lane) => lane.remove()));
  }
}

/** Trials with the test that has killed the mutant before, as far as it is there and passes. */
async function withKillers(mutants: readonly Mutant[], lanes: readonly Lane[]): Promise<Trial[]> {
  const killers = await readKillers();
  const known = mutants.flatMap(({ name }) => {
    const killer = killers[name];
    return killer ? [killer] : [];
  });
  const names = [...new Set(known.map(([, test]) => test))];
  const files = [...new Set(known.map(([file]) => file))];
  const { tests } = await recorded({ mutants: [], files, names }, lanes);
  return mutants.flatMap((mutant) => {
    const [file, test] = killers[mutant.name] ?? [];
    const its = tests.filter((it) => it.file === file && it.name === test);
    return its.length > 0 ? [{ mutant, tests: its }] : [];
  });
}

/** Trials with the tests that reach the mutant. */
async function withAllThatSee(
  mutants: readonly Mutant[],
  lanes: readonly Lane[],
): Promise<Trial[]> {
  const files = [...new Set(mutants.flatMap((mutant) => mutant.specs))];
  const { tests, failed } = await recorded({ mutants, files }, lanes);
  for (const [file, failure] of failed) {
    console.log(`RED       spec/${file} fails before anything is broken: ${failure}`);
  }
  // Only those whose specs pass can be told to be noticed.
  const red = new Set(failed.map(([file]) => file));
  return mutants
    .filter(({ specs }) => !specs.some((spec) => red.has(spec)))
    .map((mutant) => ({ mutant, tests: thatSee(mutant, tests) }));
}

/** Those with any of the texts in their names or files; all when there is no text. */
function chosen(texts: readonly string[]): Mutant[] {
  const called = ({ file, name }: Mutant, text: string): boolean =>
    `${file} ${name}`.includes(text);
  for (const text of texts) {
    if (MUTANTS.some((mutant) => called(mutant, text))) continue;
    throw new Error(`no mutant has "${text}" in its name`);
  }
  if (texts.length === 0) return [...MUTANTS];
  return MUTANTS.filter((mutant) => texts.some((text) => called(mutant, text)));
}

/**
 * What each test sees, before anything is broken. Specs that fail when all run at once get a second
 * chance, one after the other: whether they are flaky is for other runs to tell.
 */
async function recorded(order: RecordingOrder, lanes: readonly Lane[]): Promise<Recording> {
  const { files } = order;
  // The slow ones beside the others, or these would wait at the end with a core to spare.
  const [slow, quick] = [files.filter((it) => SLOW.has(it)), files.filter((it) => !SLOW.has(it))];
  const both = [
    record({ ...order, files: slow }, lanes.slice(0, 1)),
    record({ ...order, files: quick }, lanes.slice(1, 3)),
  ];
  const first = together(await Promise.all(both));
  const red = new Set(first.failed.map(([file]) => file));
  const second = await record({ ...order, files: [...red] }, lanes.slice(0, 1));
  const tests = first.tests.filter(({ file }) => !red.has(file));
  return { tests: [...tests, ...second.tests], failed: second.failed };
}

async function record(order: RecordingOrder, lanes: readonly Lane[]): Promise<Recording> {
  const all = await Promise.all(
    lanes.map((lane, at) => {
      const files = order.files.filter((_, index) => index % lanes.length === at);
      return lane.record({ ...order, files });
    }),
  );
  return together(all);
}

const together = (recordings: readonly Recording[]): Recording => ({
  tests: recordings.flatMap(({ tests }) => tests),
  failed: recordings.flatMap(({ failed }) => failed),
});

await main();
