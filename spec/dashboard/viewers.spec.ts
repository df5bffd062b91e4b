import type { ServerResponse } from 'node:http';

import { afterEach, expect, it, vi } from 'vitest';

import { LiveFeed } from '../../lib/dashboard/live-feed.js';
import { parseOptions } from '../../lib/dashboard/options.js';
import type { View } from '../../lib/dashboard/session-table.js';
import { mcpSse } from '../../lib/index.js';
import { DashboardClient, introduce, serveDashboard } from '../support/dashboard-client.js';
import { FakeResponse } from '../support/fake-response.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

afterEach(() => {
  vi.useRealTimers();
});

it('bounds the number of open pages, and frees the slots of closed ones', async () => {
  const { url } = await serveDashboard({ viewers: 2 });
  const [first] = [await DashboardClient.open(url), await DashboardClient.open(url)];
  const third = await DashboardClient.open(url);
  expect([third.stream.status, third.stream.headers['retry-after']]).toEqual([503, '5']);
  first.stream.drop();
  let next = third;
  for (let n = 0; n < 100 && next.stream.status === 503; n += 1)
    next = await DashboardClient.open(url);
  expect(next.stream.status).toBe(200);
});

// Kills: a dashboard that keeps the server of a closed router from closing.
it('ends its pages when the router shuts down, and accepts no more', async () => {
  const { url, mcp } = await serveDashboard();
  await introduce(url, { name: 'client' });
  const viewer = await DashboardClient.open(url);
  await mcp.close();
  await viewer.stream.end();
  expect((await DashboardClient.open(url)).stream.status).toBe(503);
});

it('goes on when another router shuts down', async () => {
  const [one, two] = [await serveDashboard(), await serveDashboard()];
  const viewer = await DashboardClient.open(one.url);
  await two.mcp.close();
  await viewer.next();
  await viewer.next();
});

const VIEW: View = { filter: '', sort: 'age', descending: false };
const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;

/** A feed with one page on a connection that the spec holds in its hands. */
function open() {
  // Not setImmediate: all writers of the process share one.
  vi.useFakeTimers({ toFake: [...timers, 'Date', 'performance'] });
  const mcp = mcpSse();
  const feed = new LiveFeed(mcp, parseOptions({ viewers: 1 }));
  const response = new FakeResponse();
  feed.show(response as unknown as ServerResponse, VIEW, { showMessages: false });
  return { feed, response, end: () => mcp.close() };
}

it('keeps no slot for a page that leaves before it is served', async () => {
  const mcp = mcpSse();
  const feed = new LiveFeed(mcp, parseOptions({ viewers: 1 }));
  const response = new FakeResponse();
  response.destroy();
  feed.show(response as unknown as ServerResponse, VIEW, { showMessages: false });
  await Promise.resolve();
  expect([feed.hasRoom, response.writes]).toEqual([true, []]);
  await mcp.close();
});

// Kills: a state for each second, whether the last was taken or not.
it('skips states for a page that has not read the last one, then sends the latest', async () => {
  const { response, end } = open();
  response.answers.push(false);
  await vi.advanceTimersByTimeAsync(8_500);
  response.drain();
  await vi.advanceTimersByTimeAsync(1_000);
  // The first, the one that waited behind it, and the latest, with all seconds in between.
  const states = response.text.match(/event: state/g);
  expect(states).toHaveLength(3);
  expect(response.text.match(/"in":0/g)).toHaveLength(9);
  await end();
});

it('drops a page that reads nothing', async () => {
  const { feed, response, end } = open();
  response.answers.push(false);
  await vi.advanceTimersByTimeAsync(9_000);
  expect([response.destroyed, feed.hasRoom]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect([response.destroyed, feed.hasRoom]).toEqual([true, true]);
  await end();
});

it('makes a page reconnect after ten minutes, so that it is authenticated again', async () => {
  const { response, end } = open();
  await vi.advanceTimersByTimeAsync(599_000);
  expect(response.writableEnded).toBe(false);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(response.writableEnded).toBe(true);
  await end();
});
