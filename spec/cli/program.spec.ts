import { createServer } from 'node:http';

import { expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.js';
import { listen, closed } from '../support/serve.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { run, SERVER } from './run.js';

const SLOW = { timeout: 180_000 };

it('serves, logs clients that come and go, and drains at SIGTERM', SLOW, async () => {
  const program = run(
    'bridge',
    '--port',
    '0',
    '--path',
    '/mcp/sse',
    '--dashboard',
    '--',
    ...SERVER,
  );
  await eventually(() => program.out.includes('serving'), 'its first line', 40_000);
  const [url = ''] = /http:\S+/.exec(program.out) ?? [];
  const client = await connectV1(url);
  expect(await client.call('greet', { name: 'Ann' })).toBe('Hello, Ann');
  expect((await fetch(new URL('/dashboard/', url))).status).toBe(200);
  await eventually(() => program.out.includes('opened by spec 1.0.0'), 'its line');
  program.child.kill('SIGTERM');
  expect(await program.exit).toEqual([0, null]);
  expect(program.out).toMatch(/session \S{6} closed after \d+ s: shutdown/);
  expect(program.out.trimEnd()).toMatch(/ended$/);
  expect(program.err).toBe('');
});

it('prints its usage', SLOW, async () => {
  const [help, version, wrong] = [run('--help'), run('--version'), run('bridge', 'ftp://x')];
  expect(await help.exit).toEqual([0, null]);
  expect(help.out).toContain('--forward-header');
  expect(await version.exit).toEqual([0, null]);
  expect(version.out).toMatch(/^\d+\.\d+\.\d+/);
  expect(await wrong.exit).toEqual([2, null]);
  expect(wrong.err).toContain('must begin with http: or https:');
});

it('reports that it cannot listen', SLOW, async () => {
  const other = createServer();
  onTestFinished(() => closed(other));
  const port = await listen(other);
  const program = run('bridge', '--port', String(port), 'http://127.0.0.1:1/mcp');
  expect(await program.exit).toEqual([1, null]);
  expect(program.err).toContain('EADDRINUSE');
});
