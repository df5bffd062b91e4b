import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { StreamClient } from '../support/stream-client.js';
import { bridged } from './bridged.js';
import { modernServer } from './modern-server.js';
import { events, json, noTools, scripted, type Body } from './scripted.js';
import { serveHttp, serveModern } from './upstreams.js';

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
};
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };

async function introduced(url: string): Promise<StreamClient> {
  const client = await StreamClient.open(`${url}/sse`);
  await client.request('initialize', INITIALIZE);
  await client.post(INITIALIZED);
  return client;
}

it('does not tell the upstream that a request is cancelled which it has answered', async () => {
  const upstream = await scripted(noTools);
  const { served } = await bridged(upstream.url);
  const client = await introduced(served.url);
  await client.request('tools/list');
  const before = upstream.requests.length;
  for (const requestId of [2, 'unknown']) {
    const method = 'notifications/cancelled';
    await client.post({ jsonrpc: '2.0', method, params: { requestId } });
  }
  await client.request('tools/list');
  expect(upstream.requests).toHaveLength(before + 1);
});

it('passes progress on that belongs to no request', async () => {
  const upstream = await scripted((_req, res, { id }) => {
    events(res);
    const method = 'notifications/progress';
    for (const params of [{ progressToken: 'unknown', progress: 1 }, { progress: 2 }, undefined]) {
      res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method, params })}\n\n`);
    }
    res.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { tools: [] } })}\n\n`);
  });
  const { served } = await bridged(upstream.url);
  const client = await introduced(served.url);
  expect(await client.request('tools/list')).toMatchObject({ result: { tools: [] } });
  const progress = client.messages.filter((message) => 'method' in message);
  expect(progress).toHaveLength(3);
});

it('drops an answer that a modern upstream has not asked for', async () => {
  const upstream = await serveModern(() => modernServer());
  const { server, served } = await bridged(upstream.url);
  const client = await introduced(served.url);
  await client.post({ jsonrpc: '2.0', id: 'bridge:1', result: {} });
  await eventually(() => server.stats().totals.dropped === 1);
});

it('opens one stream, however often a client says that it is initialized', async () => {
  const upstream = await scripted(noTools, {
    stream: (_req, res) => {
      events(res);
      res.flushHeaders();
    },
  });
  const { served } = await bridged(upstream.url);
  const client = await introduced(served.url);
  await client.post(INITIALIZED);
  await client.request('tools/list');
  expect(upstream.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
});

it('has no upstream for a client that has only notifications', async () => {
  const upstream = await scripted(noTools);
  const { served, server } = await bridged(upstream.url);
  const client = await StreamClient.open(`${served.url}/sse`);
  await client.post({ jsonrpc: '2.0', method: 'notifications/news' });
  // Its first request is met as that of a client from an earlier session.
  expect(await client.request('tools/list')).toMatchObject({ result: { tools: [] } });
  expect(server.stats()).toMatchObject({ sessions: { open: 1 }, totals: { opened: 1 } });
});

it('tells such a client that the upstream refuses it', async () => {
  const upstream = await serveHttp((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      const { id } = JSON.parse(text || '{}') as Body;
      const error = { code: -32055, message: 'Out of service' };
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify({ jsonrpc: '2.0', id, error }));
    });
  });
  const { served, server } = await bridged(upstream.url, { era: 'legacy' });
  const client = await StreamClient.open(`${served.url}/sse`);
  expect(await client.request('tools/list')).toMatchObject({
    error: { code: -32055, message: 'Out of service' },
  });
  expect(server.stats().sessions).toMatchObject({ failed: 1 });
});

it('refuses what would wait behind a notification that is not taken, beyond a bound', async () => {
  const upstream = await serveHttp((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      const { id, method } = JSON.parse(text || '{}') as Body;
      if (req.method !== 'POST') res.writeHead(405).end();
      else if (method === 'initialize') {
        const serverInfo = { name: 'slow', version: '1' };
        json(res, id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo });
      } else if (method === 'notifications/initialized') res.writeHead(202).end();
    });
  });
  const options = { era: 'legacy', closeTimeoutMs: 300 } as const;
  const { served } = await bridged(upstream.url, options);
  const client = await introduced(served.url);
  const news = { jsonrpc: '2.0', method: 'notifications/news' };
  for (let n = 0; n < 11; n += 1) await client.post(Array(100).fill(news));
  await client.post({ jsonrpc: '2.0', id: 'late', method: 'tools/list' });
  expect(await client.nextMessage(({ id }) => id === 'late')).toMatchObject({
    error: {
      message: 'Too many messages wait for the upstream',
      data: { reason: 'busy', outcome: 'not-done' },
    },
  });
});

it('takes no session more once it is closed', async () => {
  const { server, served } = await bridged('http://127.0.0.1:1/mcp');
  await server.close();
  const refused = await fetch(`${served.url}/sse`);
  expect(refused.status).toBe(503);
  await refused.text();
});
