import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { isAlive } from './is-alive.js';

const program = fileURLToPath(new URL('programs/exits.ts', import.meta.url));

it.skipIf(process.platform === 'win32').each([
  ['exit', 7],
  ['throw', 1],
])(
  'leaves no process behind when its own ends by %s',
  { timeout: 60_000 },
  async (how, expected) => {
    const [code, out] = await new Promise<[unknown, string]>((resolve) => {
      execFile(process.execPath, ['--import', 'tsx', program, how], (error, stdout) =>
        resolve([error?.code, stdout]),
      );
    });
    expect(code).toBe(expected);
    const pids = JSON.parse(out) as number[];
    expect(pids).toEqual([expect.any(Number), expect.any(Number)]);
    expect(pids[1]).toBeGreaterThan(0);
    await eventually(() => !pids.some(isAlive));
  },
);
