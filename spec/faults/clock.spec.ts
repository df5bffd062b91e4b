import { expect, it, onTestFinished, vi } from 'vitest';

import { eventually } from '../support/eventually.js';
import { request, result } from '../support/messages.js';
import { openWithIds, onlySession, returnWithId } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const YEAR_MS = 365 * 24 * 3_600_000;
/** Longer than any of these tests may take. */
const LONG_MS = 60_000;

/** From now on the clock on the wall is so far off. */
function setClock(offMs: number): void {
  const now = Date.now.bind(Date);
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() + offMs);
  onTestFinished(() => {
    spy.mockRestore();
  });
}

const JUMPS = [
  ['a year ahead', YEAR_MS],
  ['a year back', -YEAR_MS],
] as const;

// Kills: any deadline on the clock of Date.now().
it.each(JUMPS)('meets no deadline too early when the clock jumps %s', async (_, jump) => {
  const closed: string[] = [];
  const { url, mcp } = await serve({
    handler: (message) => ('method' in message && message.method === 'run' ? forever : {}),
    keepAlive: { intervalMs: 40, ping: true, timeoutMs: LONG_MS },
    limits: { idleTimeoutMs: LONG_MS, initializeTimeoutMs: LONG_MS, writeTimeoutMs: LONG_MS },
    resume: { windowMs: LONG_MS, retryMs: 10 },
    hooks: {
      onSessionClose: (_session, reason) => closed.push(reason),
    },
  });
  const idle = await StreamClient.open(`${url}/sse`);
  const busy = await StreamClient.open(`${url}/sse`);
  await busy.post(request(1, 'run'));
  const away = await openWithIds(`${url}/sse`);
  away.drop();
  await eventually(() => mcp.stats().detached === 1);
  setClock(jump);
  // The pings come from the timer that also looks at all the deadlines.
  const { id } = await idle.nextMessage(({ method }) => method === 'ping');
  await idle.post(result(id));
  await idle.nextMessage(({ method }) => method === 'ping');
  expect(closed).toEqual([]);
  const back = await returnWithId(away);
  expect(back.status).toBe(200);
  expect(mcp.stats()).toMatchObject({ sessions: 3, totals: { resumed: 1 } });
});

it.each(JUMPS)('meets every deadline in time when the clock jumps %s', async (_, jump) => {
  const { url, mcp } = await serve({
    limits: { idleTimeoutMs: 1_500 },
    keepAlive: false,
    resume: { windowMs: 100, retryMs: 10 },
  });
  const idle = await StreamClient.open(`${url}/sse`);
  const away = await openWithIds(`${url}/sse`);
  const { signal } = mcp.sessions.get(away.sessionId)!;
  away.drop();
  setClock(jump);
  await idle.end();
  await eventually(() => signal.aborted, 'the end of the session that nobody came back to');
  expect(mcp.sessions.size).toBe(0);
});

it.each(JUMPS)('shuts down by its deadline when the clock jumps %s meanwhile', async (_, jump) => {
  const { url, mcp } = await serve({ handler: () => forever });
  const client = await StreamClient.open(`${url}/sse`);
  await client.post(request(1));
  const { signal } = onlySession(mcp);
  const closing = mcp.close({ timeoutMs: 150 });
  setClock(jump);
  expect(signal.aborted).toBe(false);
  await closing;
  await client.end();
  expect(signal.aborted).toBe(true);
});

const forever = new Promise<never>(() => {});
