import { expect, it } from 'vitest';

import { previewOf } from '../../lib/dashboard/preview.js';
import { BoardClient, introduce, serveBoard } from '../support/board-client.js';
import { notification } from '../support/messages.js';
import { onlySession } from '../support/returning-client.js';

const SECRET = '<b>what-the-message-says</b>';

it('shows nothing of what messages say', async () => {
  const { url } = await serveBoard();
  const client = await introduce(url, { name: 'client' });
  const board = await BoardClient.open(url);
  await client.post(notification('tell', { text: SECRET }));
  await board.until(() => board.rows[0]!.in === 2);
  expect(board.hello.showMessages).toBe(false);
  expect(board.stream.text).not.toContain('what-the-message-says');
});

it('shows it when it is told to: the last fifty, from both sides', async () => {
  const { url, mcp } = await serveBoard({ showMessages: true });
  const client = await introduce(url, { name: 'client' });
  for (let n = 1; n <= 60; n += 1) await onlySession(mcp).notify('number', { n });
  await client.post(notification('tell', { text: SECRET }));
  const board = await BoardClient.open(url);
  expect(board.messages).toHaveLength(50);
  expect(board.messages.at(-1)).toEqual({
    at: expect.any(Number),
    id: client.sessionId.slice(0, 6),
    client: 'client',
    direction: 'in',
    text: JSON.stringify(notification('tell', { text: SECRET })),
  });
  expect(board.messages.at(-2)).toMatchObject({ direction: 'out' });
  await client.post(notification('again'));
  await board.until(() => board.messages.length === 51);
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
