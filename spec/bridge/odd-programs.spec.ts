import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import { describe } from '../../lib/bridge/hop-error.js';
import type { HopError, UpstreamCommand } from '../../lib/bridge/index.js';
import { eventually } from '../support/eventually.js';
import { textOf } from '../support/sdk/clients.js';
import { bridged, greet, type Bridged } from './bridged.js';

const odd = (...how: string[]): UpstreamCommand => ({
  command: process.execPath,
  args: [fileURLToPath(new URL('programs/odd.mjs', import.meta.url)), ...how],
});
const QUICK = { closeTimeoutMs: 400 };

/** Holds up the event loop, and leaves the CPU to other processes. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const call = async ({ client }: Bridged, name: string): Promise<string> =>
  textOf(await client.callTool({ name, arguments: {} }));

it.each(['bom', 'crlf', 'banner'])('understands one that writes a %s', async (how) => {
  const to = await bridged(odd(how), QUICK);
  await to.connect();
  expect(await greet(to.client)).toBe('Hello, Ann');
});

it('passes output of a program that is no message to the hook', async () => {
  const lines: string[] = [];
  const hooks = { onStderr: (line: string) => lines.push(line) };
  const to = await bridged(odd('banner'), { ...QUICK, hooks });
  await to.connect();
  expect(lines).toEqual(['Server 1.0 is listening on stdio']);
});

it.each([
  ['batch', 'in a batch'],
  ['bytes of a letter', '漢字 🎉\u2028'],
  ['last word', 'without an end of line'],
])('accepts the answer of a program with the oddity "%s"', async (name, answer) => {
  const heard: unknown[] = [];
  const to = await bridged(odd(), QUICK);
  to.client.setNotificationHandler('notifications/message', ({ params }) => {
    heard.push(params.data);
  });
  await to.connect();
  expect(await call(to, name)).toBe(answer);
  expect(heard).toEqual(name === 'batch' ? ['news'] : []);
});

it('keeps up with a program that floods its stderr', async () => {
  let lines = 0;
  const hooks = { onStderr: () => (lines += 1) };
  const to = await bridged(odd(), { ...QUICK, hooks });
  await to.connect();
  expect(await call(to, 'flood')).toBe('flooded');
  await eventually(() => lines === 20_000);
});

it('ends a program that closes its output, and starts another', async () => {
  const to = await bridged(odd(), QUICK);
  await to.connect();
  await expect(call(to, 'no output')).rejects.toMatchObject({
    data: { hop: 'upstream', reason: 'closed', outcome: 'unknown' },
  });
  await eventually(() => to.server.stats().totals.reconnects === 1);
  expect(await greet(to.client)).toBe('Hello, Ann');
  // The old one may still be ending.
  await eventually(() => to.server.stats().processes === 1);
});

it('ends a program that closes its input, and starts another', async () => {
  const to = await bridged(odd(), QUICK);
  await to.connect();
  expect(await call(to, 'no input')).toBe('closed');
  // The first write after that tells; what was written just before is lost.
  const again = { name: 'greet', arguments: { name: 'Ann' } };
  for (let n = 0; n < 20 && to.server.stats().totals.reconnects === 0; n += 1) {
    await to.client.callTool(again, { timeout: 300 }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(await greet(to.client)).toBe('Hello, Ann');
  // The old one may still be ending.
  await eventually(() => to.server.stats().processes === 1);
});

it('keeps a request that arrives between two processes for the next one', async () => {
  const to = await bridged(odd(), QUICK);
  await to.connect();
  const [session] = to.served.mcp.sessions;
  const state = () => to.server.upstreamOf(session!.id)!;
  process.kill(state().pid!, 'SIGKILL');
  await eventually(() => state().state === 'reconnecting');
  expect(await greet(to.client)).toBe('Hello, Ann');
});

it('does not wait for a process that has left the group and holds the pipes', async () => {
  const to = await bridged(odd(), QUICK);
  await to.connect();
  const pid = Number(await call(to, 'orphan'));
  onTestFinished(() => void process.kill(pid, 'SIGKILL'));
  await to.server.close();
  expect(to.server.stats().processes).toBe(0);
});

it.skipIf(process.platform === 'win32').each([
  ['is not executable', 'plain', 0o644],
  ['is a folder', '', 0],
  ['is below a file', 'plain/server', 0],
  ['has an interpreter that is not there', 'script', 0o755],
])('reports a program that %s', async (_, name, mode) => {
  const folder = mkdtempSync(join(tmpdir(), 'odd-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'plain'), '\0\0\0\0 no program');
  writeFileSync(join(folder, 'script'), '#!/nowhere/at-all\n');
  const command = join(folder, name);
  if (mode > 0) chmodSync(command, mode);
  const { failure, server } = await bridged({ command });
  expect(await failure()).toMatchObject({
    data: { hop: 'upstream', reason: 'unreachable', outcome: 'not-done' },
  });
  expect(server.stats().processes).toBe(0);
});

it.skipIf(process.platform === 'win32')(
  'runs a program whose path has spaces, with arguments as they are',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'odd folder '));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const command = join(folder, 'my server');
    const [program = ''] = odd().args ?? [];
    writeFileSync(command, `#!/bin/sh\necho "$@" >&2\nexec "${process.execPath}" "${program}"\n`);
    chmodSync(command, 0o755);
    const lines: string[] = [];
    const hooks = { onStderr: (line: string) => lines.push(line) };
    const args = ['two words', '"', 'C:\\dir\\*', '$HOME', '--flag=a b'];
    const to = await bridged({ command, args }, { ...QUICK, hooks });
    await to.connect();
    expect(await greet(to.client)).toBe('Hello, Ann');
    expect(lines).toEqual([args.join(' ')]);
  },
);

it.skipIf(process.platform === 'win32').each(['stdout', 'stderr'])(
  'goes on with its own work while a program floods its %s without an end',
  async (output) => {
    let lines = 0;
    let ofThisTurn = 0;
    let most = 0;
    const onStderr = (): void => {
      if (ofThisTurn === 0) {
        setImmediate(() => {
          most = Math.max(most, ofThisTurn);
          ofThisTurn = 0;
        });
      }
      ofThisTurn += 1;
      lines += 1;
      // The program fills its pipe meanwhile, however busy the machine is.
      if (ofThisTurn % 20_000 === 0) pause(25);
    };
    const to = await bridged(odd(`endless ${output}`), { ...QUICK, hooks: { onStderr } });
    await to.connect();
    await eventually(() => lines > 500_000);
    expect(await greet(to.client)).toBe('Hello, Ann');
    // Less than two chunks of 64 KiB, of lines of two bytes.
    expect(most).toBeLessThanOrEqual(64 * 1024);
  },
);

it('says that the folder of a program does not exist', async () => {
  const errors: HopError[] = [];
  const hooks = { onError: (error: HopError) => errors.push(error) };
  const to = await bridged({ ...odd(), cwd: '/nowhere/at-all' }, { ...QUICK, hooks });
  expect(await to.failure()).toMatchObject({
    message: 'The upstream could not be reached',
    data: { hop: 'upstream', reason: 'unreachable', outcome: 'not-done' },
  });
  // The system itself would say that the program is missing.
  expect(errors.map(describe)).toEqual([
    'The upstream could not be reached: its folder /nowhere/at-all does not exist',
  ]);
});
