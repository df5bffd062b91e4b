// Tests of applications: the runners with all timers faked, and a stream that must go on.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Place } from './place.js';

interface RunnerRow {
  readonly name: string;
  readonly run: () => Promise<void>;
}

const JEST = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--rootDir', '.'];
const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--root', '.', '--config'];

export function runnerRows(place: Place): readonly RunnerRow[] {
  const run = (args: readonly string[]) => async (): Promise<void> => {
    await promisify(execFile)(process.execPath, args, { cwd: place.root, timeout: 120_000 }).catch(
      (error: unknown) => {
        throw new Error(outputOf(error), { cause: error });
      },
    );
  };
  return [
    {
      name: 'jest with fake timers',
      run: run([...JEST, '--config', '{"transform":{}}', 'programs/runners/jest.test.mjs']),
    },
    {
      name: 'vitest with fake timers',
      run: run([...VITEST, 'programs/runners/vitest.config.mjs']),
    },
  ];
}

function outputOf(error: unknown): string {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return `${stdout}\n${stderr}`.slice(-2_000);
}
