// Tests of applications: the runners with all timers faked, and a stream that must go on; and jest
// as docs/testing.md configures it.
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Place } from './place.js';

interface RunnerRow {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

const JEST = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--rootDir', '.'];
const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--root', '.', '--config'];

/** A test of an application, as a reader of the page would write it. */
const TEST = `import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { openSession } from 'express-mcp-sse/testing';

test('answers a ping', async () => {
  const session = await openSession(express().use(mcpSse()));
  expect(await session.request('ping')).toEqual({});
  await session.close();
});
`;

export function runnerRows(place: Place): readonly RunnerRow[] {
  const run = (args: readonly string[], cwd = place.root) =>
    promisify(execFile)(process.execPath, args, { cwd, timeout: 120_000 }).catch(
      (error: unknown) => {
        throw new Error(outputOf(error), { cause: error });
      },
    );
  /** With the page's configuration, alone in a folder, and npm's package beside it. */
  const asDocumented = async (nth: number, test: string, ...node: string[]): Promise<void> => {
    const folder = join(place.root, `jest-${nth}`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    const page = await readFile(join(place.root, 'pages', 'testing.md'), 'utf8');
    const blocks = [...page.matchAll(/^```js\n(\/\/ jest\.config\.cjs\n[\s\S]*?)^```/gm)];
    const [, config] = blocks[nth] ?? [];
    if (config === undefined) throw new Error('docs/testing.md has no such configuration');
    await writeFile(join(folder, 'jest.config.cjs'), config);
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await writeFile(join(folder, test), TEST);
    await run([...node, join(place.root, 'node_modules/jest/bin/jest.js')], folder);
  };
  return [
    {
      name: 'jest with fake timers',
      run: () => run([...JEST, '--config', '{"transform":{}}', 'programs/runners/jest.test.mjs']),
    },
    {
      name: 'vitest with fake timers',
      run: () => run([...VITEST, 'programs/runners/vitest.config.mjs']),
    },
    {
      name: 'docs/testing.md, jest and Node',
      run: () => asDocumented(0, 'ping.test.mjs', '--experimental-vm-modules'),
    },
    {
      name: 'docs/testing.md, jest and Babel',
      run: () => asDocumented(1, 'ping.test.js'),
    },
  ];
}

function outputOf(error: unknown): string {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return `${stdout}\n${stderr}`.slice(-2_000);
}
