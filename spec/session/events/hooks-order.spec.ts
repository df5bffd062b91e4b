import { once } from 'node:events';
import { setImmediate as immediate } from 'node:timers/promises';

import { expect, it } from 'vitest';

import type { McpSseHooks } from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { hanging, rejecting } from '../../support/failing.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

interface Diary {
  readonly entries: string[];
  readonly hooks: McpSseHooks;
}

/** Writes down opens and closes; an open takes as long as `opening` does. */
function diary(opening: () => Promise<void>): Diary {
  const entries: string[] = [];
  return {
    entries,
    hooks: {
      async onSessionOpen() {
        entries.push('opening');
        await opening();
        entries.push('opened');
      },
      onSessionClose: (_, reason) => entries.push(`closed: ${reason}`),
    },
  };
}

// Kills: onSessionClose that does not wait for onSessionOpen.
it('runs the close hook once the open hook has settled, however long that takes', async () => {
  const gate = deferred();
  const { entries, hooks } = diary(() => gate.promise);
  const { url, mcp } = await serve({ hooks });
  const client = await StreamClient.open(`${url}/sse`);
  client.drop();
  await eventually(() => mcp.sessions.size === 0);
  expect(entries).toEqual(['opening']);
  gate.resolve();
  await eventually(() => entries.length === 3);
  expect(entries).toEqual(['opening', 'opened', 'closed: client-disconnected']);
});

// Kills: noting the open after its hook has begun to run.
it('runs the close hook after the open hook even if the open hook closes the session', async () => {
  const gate = deferred();
  const entries: string[] = [];
  const { url } = await serve({
    hooks: {
      async onSessionOpen(session) {
        session.close('at once');
        await gate.promise;
        entries.push('opened');
      },
      onSessionClose: (_, reason) => entries.push(reason),
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  await client.end();
  expect(entries).toEqual([]);
  gate.resolve();
  await eventually(() => entries.length === 2);
  expect(entries).toEqual(['opened', 'at once']);
});

it('runs the close hook after a synchronous open hook has closed the session', async () => {
  const entries: string[] = [];
  const { url } = await serve({
    hooks: {
      onSessionOpen(session) {
        session.close('at once');
        entries.push('opened');
      },
      onSessionClose: (_, reason) => entries.push(reason),
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  await client.end();
  await eventually(() => entries.length === 2);
  expect(entries).toEqual(['opened', 'at once']);
});

it('runs the close hook even if the open hook hangs or fails', async () => {
  for (const opening of [hanging, rejecting(new Error('no'))]) {
    const { entries, hooks } = diary(opening);
    const { url } = await serve({ hooks, limits: { hookTimeoutMs: 20 } });
    const client = await StreamClient.open(`${url}/sse`);
    client.drop();
    await eventually(() => entries.length === 2);
    expect(entries).toEqual(['opening', 'closed: client-disconnected']);
  }
});

// Kills: onSessionClose that does not wait for the onSessionOpen of its own session.
it('[24] runs one close hook for each open hook while fifty clients come and go', async () => {
  const open = new Set<string>();
  const faults: string[] = [];
  let closes = 0;
  const { url, mcp } = await serve({
    hooks: {
      onConnect: (req) => ({ leaves: req.headers['x-leaves'] === 'yes' }),
      async onSessionOpen({ id, data: { leaves }, signal }) {
        // Those that leave have left before their opening is done.
        if (leaves && !signal.aborted) await once(signal, 'abort');
        await immediate();
        if (open.has(id)) faults.push('opened twice');
        open.add(id);
      },
      onSessionClose({ id }) {
        if (!open.delete(id)) faults.push('closed before it was opened');
        closes += 1;
      },
    },
  });
  const clients = Array.from({ length: 50 }, async (_, index) => {
    const leaves = index % 2 === 0;
    const client = await StreamClient.open(`${url}/sse`, { 'X-Leaves': leaves ? 'yes' : 'no' });
    if (leaves) client.drop();
  });
  await Promise.all(clients);
  await mcp.closeSessions();
  await eventually(() => closes === mcp.stats().totals.opened);
  expect(faults).toEqual([]);
  expect(open.size).toBe(0);
});
