// Alone: its clock runs forty times as fast.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished, vi } from 'vitest';

import { eventually } from '../support/eventually.js';
import { bridged, greet } from './bridged.js';
import { statesOf } from './states.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fast-timers.js'));

it('does not restart a program that was lost six times in a row until the client needs it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lost-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [flag, program] = [join(folder, 'flag'), join(folder, 'program.mjs')];
  const server = new URL('programs/odd.mjs', import.meta.url);
  writeFileSync(
    program,
    `import { existsSync } from 'node:fs';
    if (existsSync(${JSON.stringify(flag)})) process.exit(3);
    await import(${JSON.stringify(server.href)});`,
  );
  // A minute of this clock: a second and a half would be little for a program to start in.
  const upstream = { command: process.execPath, args: [program] };
  const to = await bridged(upstream, { connectTimeoutMs: 40 * 60_000 });
  const states = statesOf(to);
  await to.connect();
  expect(await greet(to.client)).toBe('Hello, Ann');
  writeFileSync(flag, '');
  const [session] = to.served.mcp.sessions;
  process.kill(to.server.upstreamOf(session!.id)!.pid!, 'SIGKILL');
  await eventually(() => states.at(-1) === 'failed legacy', 'failed');
  expect(to.server.stats().sessions).toMatchObject({ failed: 1, open: 0, reconnecting: 0 });
  // Each attempt is told, and none follows.
  const ended = 'The process of the upstream ended with code 3';
  expect(to.errors.map(({ message }) => message)).toEqual(Array(6).fill(ended));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(to.errors).toHaveLength(6);
  rmSync(flag);
  const hello = (): Promise<string> => greet(to.client).catch(() => 'told that it failed');
  let said = await hello();
  // The pause before another attempt may not be over.
  while (said !== 'Hello, Ann') said = await hello();
  expect(states.slice(-2)).toEqual(['reconnecting legacy', 'open legacy']);
});
