import { describe, expect, it } from 'vitest';

import type { McpServerLike } from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { expectStats } from '../../support/expect-stats.js';
import { openWhenFree } from '../../support/open-when-free.js';
import { expectRefusal } from '../../support/refusal.js';
import { serve } from '../../support/serve.js';
import { fetchText, post, StreamClient } from '../../support/stream-client.js';

describe('[29] the id generator', () => {
  const bad: readonly [string, () => unknown][] = [
    ['returns an id in use', () => 'first'],
    ['returns an empty string', () => ''],
    ['returns CR and LF', () => 'a\r\nevent: message\r\ndata: {}'],
    ['returns a space', () => 'a b'],
    ['returns a letter beyond ASCII', () => 'é'],
    ['returns 129 characters', () => 'a'.repeat(129)],
    ['returns a number', () => 7],
    ['returns nothing', () => undefined],
    ['returns a promise', () => Promise.resolve('first')],
    [
      'throws',
      () => {
        throw new Error('no more ids');
      },
    ],
  ];

  it.each(bad)(
    'that %s fails one stream, and does not affect the live session',
    async (_, next) => {
      const ids = [() => 'first', next, () => 'third'];
      const { url, mcp } = await serve({
        sessionIdGenerator: () => ids.shift()!() as string,
        limits: { maxSessions: 2 },
      });
      const first = await StreamClient.open(`${url}/sse`);
      const session = mcp.sessions.get('first');

      expectRefusal(await fetchText(`${url}/sse`, {}), 500, -32603);
      expect(mcp.sessions.get('first')).toBe(session);
      expect((await first.request('ping')).result).toEqual({});
      expectStats(mcp, { sessions: 1, totals: { opened: 1, errors: { internal: 1 } } });

      const third = await openWhenFree(`${url}/sse`);
      expect(third.sessionId).toBe('third');
    },
  );

  it('that gives the same id to two streams at once has one of them refused', async () => {
    const connecting = deferred();
    const waiting = { count: 0 };
    const server = (): McpServerLike => ({
      connect: () => {
        waiting.count += 1;
        return connecting.promise;
      },
      close: async () => {},
    });
    const { url, mcp } = await serve({
      server,
      sessionIdGenerator: () => 'the-id',
      limits: { maxSessions: 2 },
    });
    const opening = [StreamClient.open(`${url}/sse`), StreamClient.open(`${url}/sse`)];
    await eventually(() => waiting.count === 2, 'both to wait for their servers');
    connecting.resolve();

    const clients = await Promise.all(opening);
    expect(clients.map(({ status }) => status).sort()).toEqual([200, 500]);
    const live = clients.find(({ status }) => status === 200)!;
    expect(mcp.sessions.get('the-id')?.state).toBe('open');
    await mcp.send('the-id', { jsonrpc: '2.0', method: 'note' });
    expect(await live.nextMessage()).toMatchObject({ method: 'note' });
    expectStats(mcp, { sessions: 1, totals: { opened: 1, closed: {} } });
  });

  it.each([
    '!"#$%&\'()*+,-./',
    ':;<=>?@[\\]^_`{|}~',
    '%41',
    'a+b',
    '../../sse?x#y',
    'z'.repeat(128),
  ])('may return any visible ASCII, which survives the URL: %s', async (id) => {
    const { url, mcp } = await serve({ sessionIdGenerator: () => id });
    const client = await StreamClient.open(`${url}/sse`);
    expect(client.sessionId).toBe(id);
    expect(mcp.sessions.get(id)?.id).toBe(id);
    expect((await client.request('ping')).result).toEqual({});
  });
});

it('accepts a session id that the client has percent-encoded', async () => {
  const { url } = await serve({ sessionIdGenerator: () => 'plain-id' });
  const client = await StreamClient.open(`${url}/sse`);
  const encoded = client.endpoint.replace('plain-id', '%70lain%2Did');
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
  expect((await post(encoded, ping)).status).toBe(202);
  expect((await post(encoded.replace('%2D', '%'), ping)).status).toBe(404);
});

it('makes unguessable ids: 24 characters of base64url, none twice', async () => {
  const { url } = await serve();
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => StreamClient.open(`${url}/sse`)),
  );
  const ids = clients.map(({ sessionId }) => sessionId);
  for (const id of ids) expect(id).toMatch(/^[\w-]{24}$/);
  expect(new Set(ids).size).toBe(ids.length);
});
