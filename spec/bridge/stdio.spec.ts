import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import type { UpstreamCommand } from '../../lib/bridge/index.js';
import { eventually } from '../support/eventually.js';
import { textOf } from '../support/sdk/clients.js';
import { bridged, greet } from './bridged.js';
import { isAlive } from './is-alive.js';

const program = (name: string, ...args: string[]): UpstreamCommand => ({
  command: process.execPath,
  args: [fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url)), ...args],
});
const V1 = program('stdio-v1');

type Bridged = Awaited<ReturnType<typeof bridged>>;

const call = async ({ client }: Bridged, name: string): Promise<string> =>
  textOf(await client.callTool({ name, arguments: {} }));
const pidsOf = async (to: Bridged): Promise<number[]> => JSON.parse(await call(to, 'pids'));

it.each(['stdio-v1', 'stdio-modern'])(
  'serves %s, and asks the client in the middle of a call',
  async (name) => {
    const to = await bridged(program(name));
    to.client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///home' }] }));
    await to.connect();
    expect(await greet(to.client)).toBe('Hello, Ann');
    expect(await call(to, 'roots')).toContain('file:///home');
    const [session] = to.served.mcp.sessions;
    const era = name === 'stdio-v1' ? 'legacy' : 'modern';
    const state = to.server.upstreamOf(session!.id);
    expect(state).toMatchObject({ state: 'open', era, pid: expect.any(Number) });
    expect(to.server.stats().processes).toBe(1);
    await to.client.close();
    await eventually(() => to.server.stats().processes === 0);
    expect(isAlive(state!.pid!)).toBe(false);
  },
);

it('passes only listed variables to the program', async () => {
  process.env.BRIDGE_SECRET = 'secret';
  process.env.BRIDGE_LISTED = 'listed';
  const to = await bridged({ ...V1, env: ['BRIDGE_LISTED'] });
  await to.connect();
  const { PATH, BRIDGE_LISTED, ...others } = JSON.parse(await call(to, 'env'));
  expect([PATH, BRIDGE_LISTED]).toEqual([process.env.PATH, 'listed']);
  expect(others).toEqual({});
  delete process.env.BRIDGE_SECRET;
  delete process.env.BRIDGE_LISTED;
});

it('runs it in the given folder', async () => {
  const to = await bridged({ ...V1, cwd: '/' });
  await to.connect();
  expect(await call(to, 'cwd')).toBe('/');
});

it('restarts it after a crash, and reports the lost call', async () => {
  const to = await bridged(V1);
  await to.connect();
  await expect(call(to, 'crash')).rejects.toMatchObject({
    message: 'The process of the upstream ended with code 3',
    data: { hop: 'upstream', reason: 'closed', outcome: 'unknown' },
  });
  await eventually(() => to.server.stats().sessions.open === 1, 'another process');
  expect(await greet(to.client)).toBe('Hello, Ann');
  expect(to.server.stats()).toMatchObject({ processes: 1, totals: { reconnects: 1 } });
});

it('restarts a modern program when it is needed', async () => {
  const to = await bridged(program('stdio-modern'));
  await to.connect();
  await expect(call(to, 'crash')).rejects.toMatchObject({ data: { hop: 'upstream' } });
  await eventually(() => to.server.stats().processes === 0);
  const hello = async (): Promise<string> =>
    greet(to.client).catch((error: unknown) => String(error));
  let said = '';
  while (!said.startsWith('Hello')) said = await hello();
  expect(to.server.stats()).toMatchObject({ processes: 1, totals: { reconnects: 1 } });
});

it('reports that a modern one cannot be started again, and starts it once it can', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gone-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [flag, script] = [join(folder, 'flag'), join(folder, 'program.mjs')];
  const server = new URL('programs/stdio-modern.mjs', import.meta.url);
  writeFileSync(
    script,
    `import { existsSync } from 'node:fs';
    if (existsSync(${JSON.stringify(flag)})) process.exit(3);
    await import(${JSON.stringify(server.href)});`,
  );
  const to = await bridged({ command: process.execPath, args: [script] }, { era: 'modern' });
  await to.connect();
  writeFileSync(flag, '');
  await expect(call(to, 'crash')).rejects.toMatchObject({ data: { hop: 'upstream' } });
  const [session] = to.served.mcp.sessions;
  await eventually(() => to.server.upstreamOf(session!.id)?.state === 'failed');
  await new Promise((resolve) => setTimeout(resolve, 200));
  await expect(greet(to.client)).rejects.toMatchObject({ data: { hop: 'upstream' } });
  expect(to.server.upstreamOf(session!.id)).toMatchObject({ state: 'failed', pid: undefined });
  // Nobody waits for a notification: the failure is told to the hook.
  const before = to.errors.length;
  await to.client.notification({ method: 'vendor/news' });
  await eventually(() => to.errors.length > before);
  rmSync(flag);
  const hello = async (): Promise<string> =>
    greet(to.client).catch((error: unknown) => String(error));
  let said = '';
  while (!said.startsWith('Hello')) said = await hello();
});

it('passes a last line of stderr without a line end to the hook', async () => {
  const lines: string[] = [];
  const hooks = { onStderr: (line: string) => lines.push(line) };
  const code = "process.stderr.write('no end'); process.exitCode = 3";
  const command = { command: process.execPath, args: ['-e', code] };
  expect(await (await bridged(command, { hooks })).failure()).toBeDefined();
  await eventually(() => lines.length === 1);
  expect(lines).toEqual(['no end']);
});

it('passes stderr, and lines of stdout that are no messages, to the hook', async () => {
  const lines: string[] = [];
  const hooks = { onStderr: (line: string) => lines.push(line) };
  const to = await bridged(V1, { hooks });
  await to.connect();
  expect(await call(to, 'noise')).toBe('made noise');
  await eventually(() => lines.length === 4);
  // Two pipes have no order between them.
  const errors = ['first line', 'second line'];
  const output = ['this is no message', '{"nor":"this"}'];
  expect(lines.filter((line) => errors.includes(line))).toEqual(errors);
  expect(lines.filter((line) => !errors.includes(line))).toEqual(output);
  expect(await greet(to.client)).toBe('Hello, Ann');
});

it('ends a program that sends too large a message', async () => {
  const to = await bridged(V1, { maxMessageBytes: 100_000 });
  await to.connect();
  await expect(call(to, 'huge')).rejects.toMatchObject({ data: { reason: 'invalid-answer' } });
});

it('kills a program that does not end, and its children', async () => {
  const to = await bridged(program('stdio-v1', 'stubborn'), { closeTimeoutMs: 400 });
  await to.connect();
  const pids = await pidsOf(to);
  expect(pids.map(isAlive)).toEqual([true, true]);
  await to.server.close();
  // The helper is no child of this process, which does not hear of its end.
  await eventually(() => !pids.some(isAlive));
  expect(to.server.stats().processes).toBe(0);
});

it('kills a program that hangs', async () => {
  const to = await bridged(V1, { closeTimeoutMs: 400, requestTimeoutMs: 2_000 });
  await to.connect();
  const [pid] = await pidsOf(to);
  await expect(call(to, 'hang')).rejects.toMatchObject({ data: { reason: 'timeout' } });
  await to.server.close();
  expect(isAlive(pid!)).toBe(false);
});

it('opens no more sessions than processes may run', async () => {
  const to = await bridged(V1, { maxProcesses: 1 });
  await to.connect();
  const refused = await fetch(`${to.served.url}/sse`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).not.toBeNull();
  await refused.text();
  await to.client.close();
  await eventually(() => to.server.stats().processes === 0);
  const abort = new AbortController();
  await eventually(() => to.served.mcp.sessions.size === 0);
  expect((await fetch(`${to.served.url}/sse`, { signal: abort.signal })).status).toBe(200);
  abort.abort();
});

it.each([
  ['that is not there', { command: '/nowhere/at-all' }, 'unreachable'],
  ['that ends at once', { command: process.execPath, args: ['-e', ''] }, 'closed'],
  [
    'that says nothing',
    { command: process.execPath, args: ['-e', 'setInterval(() => 0, 1e4)'] },
    'timeout',
  ],
])('reports a program %s', async (_name, upstream, reason) => {
  const { failure, server } = await bridged(upstream, {
    // The others are long gone on a slow machine, too.
    connectTimeoutMs: reason === 'timeout' ? 1_000 : 30_000,
    closeTimeoutMs: 400,
  });
  expect(await failure()).toMatchObject({ data: { hop: 'upstream', reason } });
  await eventually(() => server.stats().processes === 0);
});

it('refuses messages for a program that does not read', async () => {
  const code = `process.stdin.once('data', (line) => {
    process.stdin.pause();
    const serverInfo = { name: 'deaf', version: '1' };
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo };
    console.log(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(line).id, result }));
  });
  setInterval(() => 0, 1e4);`;
  const to = await bridged(
    { command: process.execPath, args: ['-e', code] },
    { maxMessageBytes: 100_000, closeTimeoutMs: 400 },
  );
  await to.connect();
  const params = { name: 'any', arguments: { text: 'x'.repeat(50_000) } };
  const calls = Array.from({ length: 10 }, () =>
    to.client.callTool(params).catch((error: unknown) => error),
  );
  expect(await Promise.race(calls)).toMatchObject({
    message: 'The process of the upstream does not read',
    data: { reason: 'busy', outcome: 'not-done' },
  });
});
