import { expect, it } from 'vitest';

import { previewOf } from '../../lib/dashboard/excerpt.js';
import { DashboardClient, introduce, serveDashboard } from '../support/dashboard-client.js';
import { notification } from '../support/messages.js';
import { onlySession } from '../support/returning-client.js';

const SECRET = '<b>what-the-message-says</b>';

it('does not show the contents of messages', async () => {
  const { url } = await serveDashboard();
  const client = await introduce(url, { name: 'client' });
  const viewer = await DashboardClient.open(url);
  await client.post(notification('tell', { text: SECRET }));
  await viewer.until(() => viewer.rows[0]!.in === 2);
  expect(viewer.hello.showMessages).toBe(false);
  expect(viewer.stream.text).not.toContain('what-the-message-says');
});

it('shows the last fifty messages of both sides with showMessages', async () => {
  const { url, mcp } = await serveDashboard({ showMessages: true });
  const client = await introduce(url, { name: 'client' });
  for (let n = 1; n <= 60; n += 1) await onlySession(mcp).notify('number', { n });
  await client.post(notification('tell', { text: SECRET }));
  const viewer = await DashboardClient.open(url);
  expect(viewer.messages).toHaveLength(50);
  expect(viewer.messages.at(-1)).toEqual({
    at: expect.any(Number),
    id: client.sessionId.slice(0, 6),
    client: 'client',
    direction: 'in',
    text: JSON.stringify(notification('tell', { text: SECRET })),
  });
  expect(viewer.messages.at(-2)).toMatchObject({ direction: 'out' });
  await client.post(notification('again'));
  await viewer.until(() => viewer.messages.length === 51);
});

it.each([
  ['a long text', { text: 'x'.repeat(4_000_000) }],
  ['many texts', { list: Array.from({ length: 10_000 }, (_, n) => `number ${n}`) }],
  ['many members', Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key${n}`, n]))],
])('cuts off %s', (_, params) => {
  const text = previewOf(notification('tell', params));
  expect(text).toMatch(/^\{"jsonrpc":"2\.0","method":"tell","params":\{/);
  expect(text.length).toBeLessThanOrEqual(501);
});
