// Tries mutants, one after the other, in one copy of the checkout: a process of its own, in which
// vitest stays loaded and only what a mutant touches is transformed again.
//
// Its parent sends an `Order`. It answers one to record with a `Recording`, one to try a mutant with a
// `SpecRun`.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  createVitest,
  type TestCase,
  type TestRunResult,
  type TestSpecification,
  type Vitest,
} from 'vitest/node';

import type { Mutant } from './mutants/mutant.js';
import { probed } from './mutants/probes.js';

/** Runs specs as they stand, with probes in the places of the mutants. */
export interface RecordingOrder {
  readonly mutants: readonly Mutant[];
  /** Below `spec/`. */
  readonly files: readonly string[];
  /** Only tests with these names, if any. */
  readonly names?: readonly string[];
}

/** Runs tests with the fault put in. */
export interface Trial {
  readonly mutant: Mutant;
  readonly tests: readonly Seen[];
  /** For one test, in milliseconds. */
  readonly timeoutMs: number;
}

export type Order = RecordingOrder | Trial;

/** A test that has passed, and what it has seen. */
export interface Seen {
  readonly id: string;
  /** With those of the suites around it. */
  readonly name: string;
  /** Below `spec/`. */
  readonly file: string;
  readonly project: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Names of mutants. */
  readonly mutants: readonly string[];
}

export interface Recording {
  readonly tests: readonly Seen[];
  /** Files with a test that has failed, and what has failed, for a person. */
  readonly failed: readonly (readonly [file: string, failure: string])[];
}

export interface SpecRun {
  readonly passed: boolean;
  /** Whether a test has failed, and not just the loading of a file. */
  readonly noticed: boolean;
  /** Ids of tests that have failed. */
  readonly failed: readonly string[];
}

const root = process.cwd();
const vitest = await createVitest(
  'test',
  { watch: true, project: ['*express5*', 'long', 'waiting'], maxWorkers: 2, reporters: [{}] },
  // No file is watched: what has changed is known.
  { server: { watch: null } },
);
await vitest.standalone();
for (const { config } of vitest.projects) {
  config.setupFiles = [...config.setupFiles, join(root, 'scripts/mutants/seen.ts')];
}

process.on('message', (order: Order) => {
  const answer = 'mutant' in order ? tryOne(vitest, order) : record(vitest, order);
  void answer.then((result) => process.send?.(result));
});
// The parent is gone.
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function record(from: Vitest, order: RecordingOrder): Promise<Recording> {
  const { mutants, files, names } = order;
  const changed = new Map(
    mutants.map(({ file }) => [
      file,
      (source: string) =>
        probed(
          source,
          mutants.filter((mutant) => mutant.file === file),
        ),
    ]),
  );
  const found = await from.globTestSpecifications(files.map((file) => inSpec(file)));
  const specifications = found.map((it) => (names ? only(names, it) : it));
  limit(from, { bail: 0, testTimeout: from.config.testTimeout });
  return withChanged(changed, async () => {
    const { testModules, unhandledErrors } = await run(from, specifications);
    const tests = testModules.flatMap((it) => [...it.children.allTests()]);
    const failed = tests.filter((test) => test.result().state === 'failed');
    return {
      tests: tests.filter((test) => test.result().state === 'passed').map(seenBy),
      failed: [
        ...failed.map(
          (test) =>
            [
              fileOf(test.module.moduleId),
              `${test.fullName}: ${test.result().errors?.[0]?.message ?? ''}`,
            ] as const,
        ),
        ...testModules.flatMap((it) =>
          it.errors().map(({ message }) => [fileOf(it.moduleId), message] as const),
        ),
        // Serialized, some have no prototype: `String` would throw.
        ...unhandledErrors.flatMap((error) => files.map((file) => [file, inspect(error)] as const)),
      ],
    };
  });
}

/** Until the next order. */
function limit({ projects }: Vitest, limits: { bail: number; testTimeout: number }): void {
  for (const { config } of projects) Object.assign(config, limits);
}

function only(names: readonly string[], { project, moduleId }: TestSpecification) {
  const testNamePattern = new RegExp(`^(?:${names.map(inPattern).join('|')})$`);
  return project.createSpecification(moduleId, { testNamePattern });
}

/** A pattern is matched against names with spaces between them. */
function inPattern(name: string): string {
  return name.replaceAll(' > ', ' ').replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}

function seenBy(test: TestCase): Seen {
  const { seen = [], seenByAll = [] } = test.meta();
  return {
    id: test.id,
    name: test.fullName,
    file: fileOf(test.module.moduleId),
    project: test.project.name,
    ms: Math.ceil(test.diagnostic()?.duration ?? 0),
    mutants: [...new Set([...seen, ...seenByAll])],
  };
}

async function tryOne(from: Vitest, { mutant, tests, timeoutMs }: Trial): Promise<SpecRun> {
  const { file, find, replace } = mutant;
  // A function, since a text would have its dollars interpreted.
  const changed = new Map([[file, (source: string) => source.replace(find, () => replace)]]);
  limit(from, { bail: 1, testTimeout: timeoutMs });
  return withChanged(changed, async () => {
    const specifications = specificationsOf(from, tests);
    const { testModules, unhandledErrors } = await run(from, specifications);
    const failed = testModules.flatMap((it) => [...it.children.allTests('failed')]);
    const loaded = testModules.filter((it) => it.errors().length === 0);
    const ran = loaded.length === specifications.length && specifications.length > 0;
    const noticed = failed.length > 0 || unhandledErrors.length > 0;
    return { passed: ran && !noticed, noticed, failed: failed.map(({ id }) => id) };
  });
}

/** Vitest returns the files of all earlier runs, too, with what failed in them. */
async function run(from: Vitest, specifications: TestSpecification[]): Promise<TestRunResult> {
  const { unhandledErrors } = await from.runTestSpecifications(specifications);
  return { testModules: specifications.flatMap((it) => it.testModule ?? []), unhandledErrors };
}

/** Those of each file in one, so that it is loaded once. */
function specificationsOf(from: Vitest, tests: readonly Seen[]): TestSpecification[] {
  const byFile = new Map<string, [Seen, ...Seen[]]>();
  for (const test of tests) {
    const key = `${test.project} ${test.file}`;
    const others = byFile.get(key);
    if (others) others.push(test);
    else byFile.set(key, [test]);
  }
  return [...byFile.values()].map((its) => {
    const [{ project, file }] = its;
    const testIds = its.map(({ id }) => id);
    return from.getProjectByName(project).createSpecification(inSpec(file), { testIds });
  });
}

/** Does work while files of lib are changed. */
async function withChanged<T>(
  files: ReadonlyMap<string, (source: string) => string>,
  work: () => Promise<T>,
): Promise<T> {
  const before = new Map<string, string>();
  const put = async (path: string, text: string): Promise<void> => {
    await writeFile(path, text);
    forget(path);
  };
  for (const [file, change] of files) {
    const path = join(root, 'lib', file);
    const source = await readFile(path, 'utf8');
    before.set(path, source);
    await put(path, change(source));
  }
  try {
    return await work();
  } finally {
    for (const [path, source] of before) await put(path, source);
  }
}

/**
 * Lets one file be transformed again, and none of those that import it: all would be, by
 * `Vitest.invalidateFile`. Workers load them anew in any case.
 */
function forget(path: string): void {
  for (const { vite } of vitest.projects) {
    for (const { moduleGraph } of Object.values(vite.environments)) {
      for (const module of moduleGraph.getModulesByFile(path) ?? []) module.transformResult = null;
    }
  }
}

function inSpec(file: string): string {
  return join(root, 'spec', file);
}

function fileOf(path: string): string {
  return path.slice(inSpec('').length).replace(/^\//, '');
}
