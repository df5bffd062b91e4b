import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../support/programs/checks.ts', import.meta.url));
/** For what starts a process. */
const SLOW = { timeout: 60_000 };

interface Outcome {
  readonly code: number;
  readonly stderr: string;
  /** What it has printed, without the line about its folder. */
  readonly lines: readonly string[];
}

/**
 * Runs the program, sends it the signal once its child runs, and expects it to leave nothing: its
 * stdout ends only with its child.
 */
async function run(args: readonly string[], signal?: NodeJS.Signals): Promise<Outcome> {
  const program = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args]);
  let [stdout, stderr] = ['', ''];
  program.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  program.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    if (signal && stdout.includes('\n')) program.kill(signal);
  });
  const [code] = (await once(program, 'close')) as [number];
  const [first = '', ...lines] = stdout.trimEnd().split('\n');
  const [, folder] = /^folder (.+)/.exec(first) ?? [];
  if (folder === undefined) return { code, stderr, lines: [first, ...lines] };
  expect(existsSync(folder), 'its temporary files').toBe(false);
  return { code, stderr, lines };
}

it('prints the sums at the end, and exits with 0 if nothing has failed', SLOW, async () => {
  const { code, lines } = await run(['--count', '2']);
  expect(lines).toEqual(['ok check 1', 'ok check 2', '2 passed, 0 failed']);
  expect(code).toBe(0);
});

it('names skipped checks, with the reason', SLOW, async () => {
  const { code, lines } = await run(['skips']);
  const skipped = ['skipped check 1: it cannot run', '0 passed, 0 failed, 1 skipped'];
  expect({ code, lines }).toEqual({ code: 0, lines: skipped });
});

it.each([
  [['fails'], ['not ok check 1: one thing', '   another', '0 passed, 1 failed']],
  [['no-such-check'], ['0 passed, 0 failed']],
  [['--count', '0'], ['0 passed, 0 failed']],
])('exits with 1 if a check fails or there is none: %j', SLOW, async (args, lines) => {
  expect(await run(args)).toEqual({ code: 1, stderr: '', lines });
});

it.each(['throws', 'rejects'])('counts as a failure if it %s', SLOW, async (word) => {
  const { code, lines } = await run([word]);
  expect(lines[0]).toMatch(/^not ok .*Error: /);
  expect([code, lines.at(-1)]).toEqual([1, '0 passed, 1 failed']);
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('leaves no child and no file when %s ends it', SLOW, async (signal, code) => {
  const lines = [`not ok the run: ended by ${signal}`, '0 passed, 1 failed'];
  expect(await run(['waits'], signal)).toEqual({ code, stderr: '', lines });
});

it.each([
  [['--cuont', '2'], "Unknown option '--cuont'"],
  [['--count', 'two'], '--count takes a number, not "two".'],
  [['--count'], 'argument missing'],
])('refuses %j, says why, and names its flags', SLOW, async (args, reason) => {
  const { code, stderr } = await run(args);
  expect(code).toBe(2);
  expect(stderr).toContain(reason);
  expect(stderr).toContain('--count      how many checks (1)');
});

it('prints its flags for --help', SLOW, async () => {
  const { code, lines } = await run(['--help']);
  expect(code).toBe(0);
  expect(lines[0]).toBe('npm run checks -- [flags]');
});
