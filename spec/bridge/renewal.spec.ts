import type { ServerResponse } from 'node:http';

import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.js';
import { bridged, type Bridged } from './bridged.js';
import { modernServer } from './modern-server.js';
import { events, json, noTools, scripted, type Body } from './scripted.js';
import { serveHttp } from './upstreams.js';

const GOOD = 'Bearer good';
const log = (data: string): string => {
  const params = { level: 'info', data };
  return `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params })}\n\n`;
};

/** What the client hears of its upstream, without having asked. */
function heardBy({ client }: Bridged): unknown[] {
  const heard: unknown[] = [];
  client.setNotificationHandler('notifications/message', ({ params }) => {
    heard.push(params.data);
  });
  return heard;
}

/** A call whose token may have been refused: then the client is told so by HTTP. */
const call = (to: Bridged): Promise<unknown> => to.client.listTools().catch(() => undefined);

it.each([401, 403])(
  'opens a stream that was refused with %d once another token is accepted',
  async (status) => {
    const tried: unknown[] = [];
    const upstream = await scripted(noTools, {
      stream: ({ headers: { authorization } }, res) => {
        tried.push(authorization);
        if (authorization !== GOOD) return void res.writeHead(status).end();
        events(res);
        res.write(log('unasked'));
      },
    });
    const to = await bridged(upstream.url, { forwardHeaders: ['authorization'] });
    const heard = heardBy(to);
    const headers = { authorization: 'Bearer old' };
    await to.connect(headers);
    await eventually(() => to.errors.length === 1);
    for (let n = 0; n < 5; n += 1) await call(to);
    headers.authorization = GOOD;
    await call(to);
    await eventually(() => heard.length === 1);
    // What was refused is not asked again.
    expect(tried).toEqual(['Bearer old', GOOD]);
    expect(to.errors.slice(0, 1)).toMatchObject([{ reason: 'refused', status }]);
  },
);

it.each([401, 403])(
  'reopens a stream whose token has run out, refused with %d, once another is accepted',
  async (status) => {
    const tried: unknown[] = [];
    const open: ServerResponse[] = [];
    const upstream = await scripted(
      ({ headers }, res, { id }) => {
        if (headers.authorization === GOOD) {
          json(res, id, { tools: [] });
          return;
        }
        // From now on, the upstream wants ten minutes between two attempts.
        events(res);
        const answer = { jsonrpc: '2.0', id, result: { tools: [] } };
        res.end(`retry: 600000\n\ndata: ${JSON.stringify(answer)}\n\n`);
      },
      {
        stream: ({ headers: { authorization } }, res) => {
          tried.push(authorization);
          if (tried.length > 1 && authorization !== GOOD) return void res.writeHead(status).end();
          open.push(res);
          events(res);
          res.write('retry: 0\n\n');
          res.write(log(`stream ${open.length}`));
        },
      },
    );
    const to = await bridged(upstream.url, { forwardHeaders: ['authorization'] });
    const heard = heardBy(to);
    const headers = { authorization: 'Bearer old' };
    await to.connect(headers);
    await eventually(() => heard.length === 1);
    open[0]?.end();
    await eventually(() => tried.length > 2);
    // Is accepted for calls, and not for the stream.
    headers.authorization = 'Bearer other';
    await call(to);
    await eventually(() => tried.at(-1) === 'Bearer other');
    headers.authorization = GOOD;
    await call(to);
    await eventually(() => heard.length === 2);
    expect(heard).toEqual(['stream 1', 'stream 2']);
    // One report for each time without a stream, however often it is tried.
    expect(to.errors).toMatchObject([{ reason: 'refused', status }]);
  },
);

it('listens to an upstream of 2026 that refused to be listened to, once it accepts a token', async () => {
  let refused = 0;
  const handler = createMcpHandler(() => modernServer(), { legacy: 'reject' });
  onTestFinished(() => handler.close());
  const handle = toNodeHandler(handler);
  const { url } = await serveHttp((req, res) => {
    const { authorization, 'mcp-method': method } = req.headers;
    if (method === 'subscriptions/listen' && authorization !== GOOD) {
      refused += 1;
      res.writeHead(401).end();
    } else void handle(req as Parameters<typeof handle>[0], res);
  });
  const to = await bridged(url, { forwardHeaders: ['authorization'], era: 'modern' });
  let changes = 0;
  to.client.setNotificationHandler('notifications/tools/list_changed', () => {
    changes += 1;
  });
  const headers = { authorization: 'Bearer old' };
  await to.connect(headers);
  // The pause is 6.4 s by now.
  await eventually(() => refused === 7);
  headers.authorization = GOOD;
  const begun = performance.now();
  await call(to);
  await eventually(() => {
    handler.notify.toolsChanged();
    return changes > 0;
  });
  expect(performance.now() - begun).toBeLessThan(5_500);
});

it.each([401, 403])(
  'connects again for a renewed token after an attempt with the old one is refused with %d',
  async (status) => {
    let wasRestarted = false;
    const held: ServerResponse[] = [];
    const upstream = await serveHttp((req, res) => {
      const { authorization } = req.headers;
      let text = '';
      req.on('data', (chunk: Buffer) => (text += chunk.toString()));
      req.on('end', () => {
        const { id, method } = JSON.parse(text || '{}') as Body;
        const session = wasRestarted ? 'two' : 'one';
        if (method === 'initialize' && wasRestarted && authorization !== GOOD) held.push(res);
        else if (method === 'initialize') {
          res.setHeader('mcp-session-id', session);
          const serverInfo = { name: 'restarted', version: '1' };
          const capabilities = { tools: {} };
          json(res, id, { protocolVersion: '2025-11-25', capabilities, serverInfo });
        } else if (req.method === 'GET') res.writeHead(405).end();
        else if (req.headers['mcp-session-id'] !== session) res.writeHead(404).end();
        else if (id === undefined) res.writeHead(202).end();
        else json(res, id, { tools: [] });
      });
    });
    const to = await bridged(upstream.url, { forwardHeaders: ['authorization'], era: 'legacy' });
    const headers = { authorization: 'Bearer old' };
    await to.connect(headers);
    wasRestarted = true;
    const first = call(to);
    await eventually(() => held.length === 1);
    headers.authorization = GOOD;
    const second = to.client.listTools();
    await eventually(() => to.server.stats().totals.requests === 2);
    held[0]?.writeHead(status).end();
    expect(await second).toEqual({ tools: [] });
    await first;
    expect(held).toHaveLength(1);
  },
);

it('tries a refused stream at a bounded rate where each message has other headers', async () => {
  let streams = 0;
  const upstream = await scripted(noTools, {
    stream: (_req, res) => {
      streams += 1;
      res.writeHead(403).end();
    },
  });
  const to = await bridged(upstream.url, { forwardHeaders: ['traceparent'] });
  const headers = { traceparent: '0' };
  await to.connect(headers);
  const begun = performance.now();
  for (let n = 1; n <= 200; n += 1) {
    headers.traceparent = String(n);
    await call(to);
  }
  // The pauses double: 100, 200, 400 ms.
  expect(streams).toBeLessThan(3 + Math.log2(1 + (performance.now() - begun) / 100));
  expect(to.errors).toHaveLength(1);
  await to.server.close();
  const before = streams;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(streams).toBe(before);
});
