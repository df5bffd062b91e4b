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

import type { SpecRun, Trial } from './mutation-lane.js';
import { MUTANTS, rotten } from './mutants/index.js';
import type { Mutant } from './mutants/mutant.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const COPIED = [
  ...['lib', 'spec', 'examples', 'scripts'],
  ...['package.json', 'tsconfig.json', 'vitest.config.ts'],
];
/** Copies in which mutants are tried at the same time. */
const LANES = 2;
/** A mutant that makes its specs hang is noticed too. */
const HANG_MS = 60_000;
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

  async try(mutant: Mutant): Promise<Verdict> {
    const run = await this.run({ files: mutant.specs, mutant }, HANG_MS);
    if (run === 'hung') {
      const { file } = mutant;
      await cp(join(root, 'lib', file), join(this.path, 'lib', file));
      return 'killed';
    }
    if (run.passed) return 'SURVIVED';
    return run.noticed ? 'killed' : 'BROKEN';
  }

  async run(trial: Trial, timeoutMs: number): Promise<SpecRun | 'hung'> {
    const child = (this.#child ??= await this.#start());
    child.send(trial);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const [run] = (await once(child, 'message', { signal })) as [SpecRun];
      return run;
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

/** Tries the mutants, a few at a time, and tells of each as soon as it is known. */
async function tryAll(mutants: readonly Mutant[], lanes: readonly Lane[]): Promise<number> {
  const waiting = [...mutants];
  let failed = 0;
  const work = async (lane: Lane): Promise<void> => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const started = performance.now();
      const verdict = await lane.try(mutant);
      const seconds = ((performance.now() - started) / 1_000).toFixed(1);
      console.log(`${verdict.padEnd(8)}  ${mutant.name} (${mutant.file}, ${seconds} s)`);
      if (verdict !== 'killed') failed += 1;
    }
  };
  await Promise.all(lanes.map(work));
  return failed;
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
  const lanes = await Promise.all(Array.from({ length: LANES }, () => Lane.make()));
  try {
    const passed = await areGreen(specsOf(mutants), lanes);
    const placed = passed ? mutants.filter((mutant) => !unplaced.includes(mutant)) : [];
    const survived = await tryAll(placed, lanes);
    const failed = mutants.length - placed.length + survived;
    console.log(`${mutants.length - failed} passed, ${failed} failed`);
    if (failed > 0) process.exitCode = 1;
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

/** Whether the specs pass before anything is broken. */
async function areGreen(specs: readonly string[], lanes: readonly Lane[]): Promise<boolean> {
  const share = (at: number): string[] => specs.filter((_, index) => index % lanes.length === at);
  // A lane with no file to run would run them all.
  const busy = lanes.slice(0, specs.length);
  const runs = await Promise.all(
    busy.map((lane, index) => lane.run({ files: share(index) }, ALL_MS)),
  );
  const failures = runs.flatMap((run) => (run === 'hung' ? ['they hang'] : run.failures));
  if (failures.length === 0) return true;
  console.log(`The specs must be green before a mutant can turn them red.\n${failures.join('\n')}`);
  return false;
}

const specsOf = (mutants: readonly Mutant[]): string[] => [
  ...new Set(mutants.flatMap((mutant) => mutant.specs)),
];

await main();
