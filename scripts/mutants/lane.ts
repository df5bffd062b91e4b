// A copy of the checkout to break things in.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Order, Recording, RecordingOrder, Seen, SpecRun } from '../mutation-lane.js';
import type { Mutant } from './mutant.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = [
  ...['lib', 'spec', 'examples', 'scripts'],
  ...['package.json', 'tsconfig.json', 'vitest.config.ts'],
];
/** A mutant that makes its specs hang is noticed too: when they take that much longer. */
const HANG_MS = 10_000;
const QUICK_MS = 1_000;
/** All specs, before anything is broken. */
const ALL_MS = 600_000;

export type Verdict = 'killed' | 'SURVIVED' | 'BROKEN';

export interface Outcome {
  readonly verdict: Verdict;
  /** The test that has noticed it, where one has failed. */
  readonly by?: Seen | undefined;
}

/** A mutant, and the tests that may notice it. */
export interface Trial {
  readonly mutant: Mutant;
  readonly tests: readonly Seen[];
}

/** A copy of the checkout to break things in, and the process that runs its specs. */
export class Lane {
  #child: ChildProcess | undefined;

  private constructor(readonly path: string) {}

  static async make(): Promise<Lane> {
    const path = await mkdtemp(join(tmpdir(), 'mutants-'));
    for (const part of COPIED) await cp(join(root, part), join(path, part), { recursive: true });
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'), 'junction');
    return new Lane(path);
  }

  async try({ mutant, tests }: Trial): Promise<Outcome> {
    let outcome: Outcome = { verdict: 'SURVIVED' };
    for (const some of quickFirst(tests)) {
      if (outcome.verdict === 'SURVIVED') outcome = await this.#tryWith(mutant, some);
    }
    return outcome;
  }

  async #tryWith(mutant: Mutant, tests: readonly Seen[]): Promise<Outcome> {
    const slowest = Math.max(...tests.map(({ ms }) => ms));
    const order = { mutant, tests, timeoutMs: 2_000 + 3 * slowest };
    const run = await this.#order<SpecRun>(order, HANG_MS + 3 * msOf(tests));
    if (run === 'hung') {
      const { file } = mutant;
      await cp(join(root, 'lib', file), join(this.path, 'lib', file));
      return { verdict: 'killed', by: tests.length === 1 ? tests[0] : undefined };
    }
    if (run.passed) return { verdict: 'SURVIVED' };
    if (!run.noticed) return { verdict: 'BROKEN' };
    return { verdict: 'killed', by: tests.find(({ id }) => run.failed.includes(id)) };
  }

  async record(order: RecordingOrder): Promise<Recording> {
    const { files } = order;
    // A lane with no file to run would run them all.
    if (files.length === 0) return { tests: [], failed: [] };
    const recording = await this.#order<Recording>(order, ALL_MS);
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

export const msOf = (tests: readonly Seen[]): number => tests.reduce((sum, { ms }) => sum + ms, 0);

/** Those that wait for seconds are run only if no other one notices the mutant. */
function quickFirst(tests: readonly Seen[]): Seen[][] {
  const quick = tests.filter(({ ms }) => ms <= QUICK_MS);
  const slow = tests.filter(({ ms }) => ms > QUICK_MS);
  return [quick, slow].filter(({ length }) => length > 0);
}
