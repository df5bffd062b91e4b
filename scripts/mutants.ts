// Shows that the specs can fail: puts one fault after the other into a copy of the sources and
// runs the specs that must notice it. `npm run test:mutants -- lock` takes those with "lock" in
// their names or files, and `npm run test:mutants -- '' 1` every fourth one (0 to 3).
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { accountMutants } from './mutants/budget.js';
import { callerMutants } from './mutants/callers.js';
import { closeMutants } from './mutants/close.js';
import { clusterBoundMutants } from './mutants/cluster-bounds.js';
import { clusterMutants } from './mutants/cluster.js';
import { guardMutants } from './mutants/guard.js';
import { hostileMutants } from './mutants/hostile.js';
import { lockMutants } from './mutants/lock.js';
import { logMutants } from './mutants/log.js';
import type { Mutant } from './mutants/mutant.js';
import { resumeMutants } from './mutants/resume.js';
import { sessionMutants } from './mutants/session.js';
import { turnMutants } from './mutants/flush.js';
import { watchingMutants } from './mutants/watching.js';
import { wayBackMutants } from './mutants/resume-request.js';
import { wireMutants } from './mutants/wire.js';
import { worldMutants } from './mutants/world.js';

const MUTANTS = [
  ...lockMutants,
  ...turnMutants,
  ...callerMutants,
  ...closeMutants,
  ...logMutants,
  ...wireMutants,
  ...sessionMutants,
  ...resumeMutants,
  ...wayBackMutants,
  ...clusterMutants,
  ...clusterBoundMutants,
  ...watchingMutants,
  ...hostileMutants,
  ...guardMutants,
  ...accountMutants,
  ...worldMutants,
];

const root = fileURLToPath(new URL('..', import.meta.url));
const COPIED = ['lib', 'spec', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
const VITEST = [
  'node_modules/vitest/vitest.mjs',
  'run',
  ...['--project', 'express5', '--bail', '1', '--reporter', 'verbose', '--testTimeout', '8000'],
];
/** Copies in which mutants are tried at the same time. */
const LANES = 2;
/** A mutant that makes its specs hang is noticed too. */
const HANG_MS = 60_000;
/** All specs, before anything is broken. */
const ALL_MS = 300_000;

type Verdict = 'killed' | 'SURVIVED' | 'BROKEN';

interface SpecRun {
  readonly passed: boolean;
  /** Whether a test has failed, and not just the loading of a file. */
  readonly noticed: boolean;
  readonly output: string;
}

/** A copy of the checkout to break things in. */
class Copy {
  private constructor(readonly path: string) {}

  static async make(): Promise<Copy> {
    const path = await mkdtemp(join(tmpdir(), 'mutants-'));
    for (const part of COPIED) await cp(join(root, part), join(path, part), { recursive: true });
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'), 'junction');
    return new Copy(path);
  }

  /** Puts the fault in, runs the specs, and takes it out again. */
  async try({ file, find, replace, specs }: Mutant): Promise<Verdict> {
    const path = join(this.path, 'lib', file);
    const source = await readFile(path, 'utf8');
    // A function, since a text would have its dollars interpreted.
    await writeFile(
      path,
      source.replace(find, () => replace),
    );
    const { passed, noticed } = await this.run(specs);
    await writeFile(path, source);
    if (passed) return 'SURVIVED';
    return noticed ? 'killed' : 'BROKEN';
  }

  async run(specs: readonly string[], timeoutMs = HANG_MS): Promise<SpecRun> {
    const files = specs.map((spec) => `spec/${spec}`);
    const child = spawn(process.execPath, [...VITEST, ...files], {
      cwd: this.path,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: 'pipe',
    });
    let output = '';
    const note = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    // Killed by the timer, it has no status.
    const noticed = status === null || /^\s*× |Unhandled (Errors|Rejection)/m.test(output);
    return { passed: status === 0, noticed, output };
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** The mutants whose place in the sources cannot be told any more. */
async function rotten(mutants: readonly Mutant[]): Promise<Mutant[]> {
  const found: Mutant[] = [];
  for (const mutant of mutants) {
    const source = await readFile(join(root, 'lib', mutant.file), 'utf8').catch(() => '');
    if (source.split(mutant.find).length !== 2) found.push(mutant);
  }
  return found;
}

/** Tries the mutants, a few at a time, and tells of each as soon as it is known. */
async function tryAll(mutants: readonly Mutant[], copies: readonly Copy[]): Promise<number> {
  const waiting = [...mutants];
  let failed = 0;
  const lane = async (copy: Copy): Promise<void> => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const started = performance.now();
      const verdict = await copy.try(mutant);
      const seconds = ((performance.now() - started) / 1_000).toFixed(1);
      console.log(`${verdict.padEnd(8)}  ${mutant.name} (${mutant.file}, ${seconds} s)`);
      if (verdict !== 'killed') failed += 1;
    }
  };
  await Promise.all(copies.map(lane));
  return failed;
}

async function main(): Promise<void> {
  const [wanted = '', quarter] = process.argv.slice(2);
  const mutants = MUTANTS.filter(({ file, name }) => `${file} ${name}`.includes(wanted)).filter(
    (_, index) => quarter === undefined || index % 4 === Number(quarter),
  );
  if (mutants.length === 0) throw new Error(`no mutant has "${wanted}" in its name`);
  const unplaced = await rotten(mutants);
  for (const { name, file } of unplaced) {
    console.log(`ROTTEN    ${name}: what it replaces does not stand exactly once in lib/${file}`);
  }
  const whole = await Copy.make();
  const copies = [
    whole,
    ...(await Promise.all(Array.from({ length: LANES - 1 }, () => Copy.make()))),
  ];
  try {
    const { passed, output } = await whole.run(specsOf(mutants), ALL_MS);
    if (!passed) {
      console.log(`${output}\nThe specs must be green before a mutant can turn them red.`);
    }
    const placed = passed ? mutants.filter((mutant) => !unplaced.includes(mutant)) : [];
    const survived = await tryAll(placed, copies);
    const failed = mutants.length - placed.length + survived;
    console.log(`${mutants.length - failed} passed, ${failed} failed`);
    if (failed > 0) process.exitCode = 1;
  } finally {
    await Promise.all(copies.map((copy) => copy.remove()));
  }
}

const specsOf = (mutants: readonly Mutant[]): string[] => [
  ...new Set(mutants.flatMap((mutant) => mutant.specs)),
];

await main();
