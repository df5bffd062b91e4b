import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { expect, it, onTestFinished } from 'vitest';

import { Subscriptions } from '../../lib/bridge/subscriptions.js';
import { eventually } from '../support/eventually.js';
import { bridged } from './bridged.js';
import { modernServer } from './modern-server.js';
import { serveHttp, serveModern } from './upstreams.js';

/** An upstream of 2026-07-28 that refuses to be listened to while `isRefusing`. */
async function refusing() {
  const state = { isRefusing: true, refused: 0 };
  const handler = createMcpHandler(() => modernServer(), { legacy: 'reject' });
  onTestFinished(() => handler.close());
  const handle = toNodeHandler(handler);
  const { url } = await serveHttp((req, res) => {
    if (state.isRefusing && req.headers['mcp-method'] === 'subscriptions/listen') {
      state.refused += 1;
      res.writeHead(503).end();
    } else void handle(req as Parameters<typeof handle>[0], res);
  });
  return { state, handler, url };
}

it('listens again to an upstream that refused to be listened to', async () => {
  const { state, handler, url } = await refusing();
  const { client, connect, errors } = await bridged(url);
  let changes = 0;
  client.setNotificationHandler('notifications/tools/list_changed', () => void (changes += 1));
  await connect();
  await eventually(() => state.refused === 2);
  state.isRefusing = false;
  await eventually(() => {
    handler.notify.toolsChanged();
    return changes > 0;
  });
  expect(errors).toMatchObject(Array(state.refused).fill({ reason: 'refused', status: 503 }));
});

it('passes a refusal to a client that subscribes, which may try again', async () => {
  const { state, handler, url } = await refusing();
  const { client, connect } = await bridged(url);
  const uris: string[] = [];
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    uris.push(params.uri);
  });
  await connect();
  const uri = 'test://text';
  await expect(client.subscribeResource({ uri })).rejects.toMatchObject({
    data: { hop: 'upstream', reason: 'refused', status: 503 },
  });
  state.isRefusing = false;
  await client.subscribeResource({ uri });
  handler.notify.resourceUpdated(uri);
  await eventually(() => uris.length === 1);
});

it('says so where the upstream does not tell of changes of a resource', async () => {
  const upstream = await serveModern(() => {
    const server = new McpServer({ name: 'still', version: '1' });
    server.registerResource('text', 'test://text', {}, () => ({ contents: [] }));
    return server;
  });
  const { client, connect } = await bridged(upstream.url);
  await connect();
  const any = (value: unknown) => ({ value });
  const anything = { '~standard': { version: 1 as const, vendor: 'spec', validate: any } };
  const subscribe = { method: 'resources/subscribe', params: { uri: 'test://text' } };
  await expect(client.request(subscribe, anything)).rejects.toMatchObject({
    message: 'The upstream does not report changes of this resource',
    data: { hop: 'upstream', reason: 'refused', outcome: 'not-done' },
  });
  // Of nothing is nothing unsubscribed.
  const unsubscribe = { method: 'resources/unsubscribe', params: { uri: 'test://text' } };
  expect(await client.request(unsubscribe, anything)).toEqual({});
});

it('subscribes to a thousand resources at most', async () => {
  const uris = new Set(Array.from({ length: 1_000 }, (_, n) => `test://${n}`));
  // It says no before it needs either.
  const nothing = {} as never;
  expect(await new Subscriptions(nothing, nothing, uris).subscribe('test://more')).toBe(false);
  expect(uris.size).toBe(1_000);
});
