// Shows that the specs can fail: puts one fault after the other into a copy of the sources and
// runs the specs that must notice it. `npm run test:mutants -- lock 'a slot'` takes those with "lock"
// or "a slot" in their names or files. `--part 1/8` takes every eighth one, 0/8 to 7/8.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { long, waiting as specsThatWait } from '../vitest.config.js';
import type { Order, Recording, Seen, SpecRun } from './mutation-lane.js';
import { MUTANTS, rotten } from './mutants/index.js';
import type { Mutant } from './mutants/mutant.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const COPIED = [
  ...['lib', 'spec', 'examples', 'scripts'],
  ...['package.json', 'tsconfig.json', 'vitest.config.ts'],
];
/** Copies in which mutants are tried at the same time: in some those whose tests mostly wait. */
const LANES = { waiting: 3, quick: 2 };
/** Specs that wait or take long. */
const SLOW = new Set([...specsThatWait, ...long].map((path) => path.replace(/^spec\//, '')));
/** A mutant that makes its specs hang is noticed too: when they take that much longer. */
const HANG_MS = 10_000;
const QUICK_MS = 1_000;
/** All specs, before anything is broken. */
const ALL_MS = 600_000;

type Verdict = 'killed' | 'SURVIVED' | 'BROKEN';

/** A copy of the checkout to break things in, and the process that runs its specs. */
class Lane {
  #child: ChildProcess | undefined;

  private constructor(readonly path: string) {}

  static async make(): Promise<Lane> {
    const path = await mkdtemp(join(tmpdir(), 'mutants-'));
    for (const part of COPIED) await cp(join(root, part), join(path, part), { recursive: true });
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'), 'junction');
    return new Lane(path);
  }

  async try(mutant: Mutant, tests: readonly Seen[]): Promise<Verdict> {
    let verdict: Verdict = 'SURVIVED';
    for (const some of quickFirst(tests)) {
      if (verdict === 'SURVIVED') verdict = await this.#tryWith(mutant, some);
    }
    return verdict;
  }

  async #tryWith(mutant: Mutant, tests: readonly Seen[]): Promise<Verdict> {
    const slowest = Math.max(...tests.map(({ ms }) => ms));
    const order = { mutant, tests, timeoutMs: 2_000 + 3 * slowest };
    const run = await this.#order<SpecRun>(order, HANG_MS + 3 * msOf(tests));
    if (run === 'hung') {
      const { file } = mutant;
      await cp(join(root, 'lib', file), join(this.path, 'lib', file));
      return 'killed';
    }
    if (run.passed) return 'SURVIVED';
    return run.noticed ? 'killed' : 'BROKEN';
  }

  async record(mutants: readonly Mutant[], files: readonly string[]): Promise<Recording> {
    // A lane with no file to run would run them all.
    if (files.length === 0) return { tests: [], failed: [] };
    const recording = await this.#order<Recording>({ mutants, files }, ALL_MS);
    if (recording === 'hung') return { tests: [], failed: files.map((file) => [file, 'it hangs']) };
    return recording;
  }

  async #order<Answer>(order: Order, timeoutMs: number): Promise<Answer | 'hung'> {
    const child = (this.#child ??= await this.#start());
    child.send(order);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const [answer] = (await once(child, 'message', { signal })) as [Answer];
      return answer;
    } catch {
      await this.#stop();
      return 'hung';
    }
  }

  async remove(): Promise<void> {
    await this.#stop();
    await rm(this.path, { recursive: true, force: true });
  }

  async #start(): Promise<ChildProcess> {
    const program = join(root, 'scripts/mutation-lane.ts');
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
    const child = spawn(process.execPath, ['--import', 'tsx', program], {
      ...{ cwd: this.path, detached: true, stdio: [...stdio] },
      env: { ...process.env, NO_COLOR: '1' },
    });
    await once(child, 'message');
    return child;
  }

  /** With its workers, of which one may be in a loop without an end. */
  async #stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await exited;
  }
}

/**
 * Tries the mutants, a few at a time, and tells of each as soon as it is known. Resolves with the lines
 * of those that no test has noticed, and of sound sources in which one has noticed something.
 */
async function tryAll(
  mutants: readonly Mutant[],
  tests: readonly Seen[],
  lanes: readonly Lane[],
): Promise<string[]> {
  const waiting = mutants
    .map((mutant) => ({ mutant, seeing: thatSee(mutant, tests) }))
    .sort((one, other) => msOf(other.seeing) - msOf(one.seeing));
  const wrong: string[] = [];
  const tell = async (lane: Lane, mutant: Mutant, seeing: readonly Seen[], due: Verdict) => {
    const started = performance.now();
    const verdict = await lane.try(mutant, seeing);
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    const { name, file } = mutant;
    const line = `${verdict.padEnd(8)}  ${name} (${file}, ${seeing.length} tests, ${seconds} s)`;
    console.log(line);
    if (verdict !== due) wrong.push(line);
  };
  const work = async (lane: Lane, at: number): Promise<void> => {
    const next = () => (at < LANES.waiting ? waiting.shift() : waiting.pop());
    let last;
    for (let trial = next(); trial; trial = next()) {
      await tell(lane, trial.mutant, trial.seeing, 'killed');
      last = trial;
    }
    if (!last) return;
    // A lane that finds fault with sound sources finds fault with everything.
    const { find, name } = last.mutant;
    const sound = { ...last.mutant, replace: find, name: `nothing, in the place of: ${name}` };
    await tell(lane, sound, last.seeing, 'SURVIVED');
  };
  await Promise.all(lanes.map(work));
  return wrong;
}

const msOf = (tests: readonly Seen[]): number => tests.reduce((sum, { ms }) => sum + ms, 0);

/** Those that wait for seconds are run only if no other one notices the mutant. */
function quickFirst(tests: readonly Seen[]): Seen[][] {
  const quick = tests.filter(({ ms }) => ms <= QUICK_MS);
  const slow = tests.filter(({ ms }) => ms > QUICK_MS);
  return [quick, slow].filter(({ length }) => length > 0);
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
    options: { part: { type: 'string', default: '0/1' } },
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
    const { tests, failed } = await recorded(placed, lanes);
    // Only those whose specs pass can be told to be noticed.
    const red = new Set(failed.map(([file]) => file));
    const tried = placed.filter(({ specs }) => !specs.some((spec) => red.has(spec)));
    const wrong = await tryAll(tried, tests, lanes);
    // Once more at the end, where they are looked for.
    for (const line of wrong) console.log(line);
    const killed = Math.max(tried.length - wrong.length, 0);
    console.log(`${killed} passed, ${mutants.length - killed} failed`);
    if (killed < mutants.length) process.exitCode = 1;
  } finally {
    await Promise.all(lanes.map((lane) => lane.remove()));
  }
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
async function recorded(mutants: readonly Mutant[], lanes: readonly Lane[]): Promise<Recording> {
  const specs = [...new Set(mutants.flatMap((mutant) => mutant.specs))];
  // The slow ones beside the others, or these would wait at the end with a core to spare.
  const [slow, quick] = [specs.filter((it) => SLOW.has(it)), specs.filter((it) => !SLOW.has(it))];
  const both = [
    record(mutants, slow, lanes.slice(0, 1)),
    record(mutants, quick, lanes.slice(1, 3)),
  ];
  const first = together(await Promise.all(both));
  const red = new Set(first.failed.map(([file]) => file));
  const second = await record(mutants, [...red], lanes.slice(0, 1));
  for (const [file, failure] of second.failed) {
    console.log(`RED       spec/${file} fails before anything is broken: ${failure}`);
  }
  const tests = first.tests.filter(({ file }) => !red.has(file));
  return { tests: [...tests, ...second.tests], failed: second.failed };
}

async function record(
  mutants: readonly Mutant[],
  files: readonly string[],
  lanes: readonly Lane[],
): Promise<Recording> {
  const all = await Promise.all(
    lanes.map((lane, at) =>
      lane.record(
        mutants,
        files.filter((_, index) => index % lanes.length === at),
      ),
    ),
  );
  return together(all);
}

const together = (recordings: readonly Recording[]): Recording => ({
  tests: recordings.flatMap(({ tests }) => tests),
  failed: recordings.flatMap(({ failed }) => failed),
});

await main();
