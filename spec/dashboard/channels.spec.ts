// Alone: what it publishes reaches every dashboard of the process.
import { channel } from 'node:diagnostics_channel';

import { expect, it, onTestFinished } from 'vitest';

import { DashboardClient, introduce, serveDashboard } from '../support/dashboard-client.js';

// Kills: another copy of this package, or anybody else, that ends the process by what it publishes.
it('ignores events that other publishers put on the channels', async () => {
  const thrown: unknown[] = [];
  const listener = (error: unknown): void => void thrown.push(error);
  process.on('uncaughtException', listener);
  onTestFinished(() => void process.off('uncaughtException', listener));
  const { url } = await serveDashboard();
  const names = ['session.open', 'session.restore', 'session.close', 'session.hand-over'];
  for (const name of [...names, 'shutdown']) {
    for (const payload of [undefined, null, {}, { session: 1 }, { session: null }]) {
      channel(`mcp-sse:${name}`).publish(payload);
    }
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(thrown).toEqual([]);
  await introduce(url, { name: 'client' });
  const viewer = await DashboardClient.open(url);
  expect(viewer.rows).toHaveLength(1);
});
