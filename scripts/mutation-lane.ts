// Tries mutants, one after the other, in one copy of the checkout: a process of its own, in which
// vitest stays loaded and only what a mutant touches is transformed again.
//
// Its parent sends `{ files, mutant? }`: specs to run, as they stand or with the fault put in; it
// answers with a `SpecRun`.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createVitest, type Vitest } from 'vitest/node';

import type { Mutant } from './mutants/mutant.js';

export interface Trial {
  /** Below `spec/`. */
  readonly files: readonly string[];
  readonly mutant?: Mutant;
}

export interface SpecRun {
  readonly passed: boolean;
  /** Whether a test has failed, and not just the loading of a file. */
  readonly noticed: boolean;
  /** What has failed, for a person. */
  readonly failures: readonly string[];
}

const root = process.cwd();
/** A fault that makes a test hang is noticed soon; a sound test may need longer on a busy machine. */
const HANG_MS = 8_000;
const vitest = await createVitest(
  'test',
  {
    watch: true,
    project: ['*express5*', 'long', 'waiting'],
    bail: 1,
    maxWorkers: 2,
    reporters: [{}],
  },
  // No file is watched: what has changed is known.
  { server: { watch: null } },
);
await vitest.standalone();
const timeouts = new Map(vitest.projects.map(({ config }) => [config, config.testTimeout]));

process.on('message', ({ files, mutant }: Trial) => {
  const run = mutant
    ? withFault(mutant, () => runSpecs(vitest, files, HANG_MS))
    : runSpecs(vitest, files);
  void run.then((result) => process.send?.(result));
});
// The parent is gone.
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function withFault<T>({ file, find, replace }: Mutant, work: () => Promise<T>): Promise<T> {
  const path = join(root, 'lib', file);
  const source = await readFile(path, 'utf8');
  const put = async (text: string): Promise<void> => {
    await writeFile(path, text);
    vitest.invalidateFile(path);
  };
  // A function, since a text would have its dollars interpreted.
  await put(source.replace(find, () => replace));
  try {
    return await work();
  } finally {
    await put(source);
  }
}

async function runSpecs(
  from: Vitest,
  files: readonly string[],
  testTimeout?: number,
): Promise<SpecRun> {
  // Vitest reads it anew for each run.
  for (const [config, usual] of timeouts) config.testTimeout = testTimeout ?? usual;
  const paths = files.map((file) => join(root, 'spec', file));
  const specifications = await from.globTestSpecifications(paths);
  const { testModules, unhandledErrors } = await from.runTestSpecifications(specifications);
  const failed = testModules.flatMap((it) => [...it.children.allTests('failed')]);
  const failures = [
    ...failed.map((test) => `${test.fullName}: ${test.result().errors?.[0]?.message ?? ''}`),
    ...testModules.flatMap((it) => it.errors().map(({ message }) => `${it.moduleId}: ${message}`)),
    // Serialized, some have no prototype: `String` would throw.
    ...unhandledErrors.map((error) => inspect(error)),
  ];
  const ran = testModules.length === specifications.length && specifications.length > 0;
  const passed = ran && failures.length === 0;
  return { passed, noticed: failed.length > 0 || unhandledErrors.length > 0, failures };
}
