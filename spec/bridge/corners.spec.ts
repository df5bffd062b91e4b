import { describe as group, expect, it } from 'vitest';

import { describe, HopError } from '../../lib/bridge/hop-error.js';
import { eventually } from '../support/eventually.js';
import { lastingPort } from '../support/lasting-port.js';
import { textOf } from '../support/sdk/clients.js';
import { newJournal } from '../support/sdk/tools.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { StreamClient } from '../support/stream-client.js';
import { bridged, greet } from './bridged.js';
import { modernServer } from './modern-server.js';
import { events, json, noTools, scripted, type Body } from './scripted.js';
import { serveHttp, serveModern, serveV1 } from './upstreams.js';

const event = (message: object): string =>
  `data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
};

it('waits longer than the deadline for a call that makes progress', async () => {
  const upstream = await scripted((_req, res, { id, params }) => {
    const { progressToken } = params?._meta as { progressToken: number };
    events(res);
    let progress = 0;
    const timer = setInterval(() => {
      progress += 1;
      const method = 'notifications/progress';
      if (progress < 12) res.write(event({ method, params: { progressToken, progress } }));
      else {
        clearInterval(timer);
        res.end(event({ id, result: { content: [{ type: 'text', text: 'done' }] } }));
      }
    }, 100);
  });
  const { client, connect } = await bridged(upstream.url, { requestTimeoutMs: 1_000 });
  await connect();
  let heard = 0;
  const onprogress = (): void => void (heard += 1);
  expect(textOf(await client.callTool({ name: 'long' }, { onprogress }))).toBe('done');
  expect(heard).toBeGreaterThan(5);
});

it('tells the client that the upstream no longer wants an answer', async () => {
  const upstream = await scripted(async (_req, res, { id }) => {
    events(res);
    res.write(event({ id: 7, method: 'roots/list' }));
    res.write(
      event({ method: 'notifications/cancelled', params: { requestId: 7, reason: 'never mind' } }),
    );
    res.end(event({ id, result: { tools: [] } }));
  });
  const { served } = await bridged(upstream.url);
  const client = await StreamClient.open(`${served.url}/sse`);
  await client.request('initialize', INITIALIZE);
  await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await client.post({ jsonrpc: '2.0', id: 'mine', method: 'tools/list' });
  const question = await client.nextMessage(({ method }) => method === 'roots/list');
  const cancelled = await client.nextMessage(({ method }) => method === 'notifications/cancelled');
  expect(cancelled.params).toEqual({ requestId: question.id, reason: 'never mind' });
});

it('says that the upstream refuses to initialize again', async () => {
  const port = await lastingPort();
  const first = await scripted(noTools, { port });
  const { client, connect, errors } = await bridged(first.url);
  await connect();
  await first.kill();
  await serveHttp((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      const { id, method } = JSON.parse(text || '{}') as Body;
      if (method !== 'initialize') return void res.writeHead(404).end();
      const error = { code: -32055, message: 'Out of service' };
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify({ jsonrpc: '2.0', id, error }));
    });
  }, port);
  await expect(client.listTools()).rejects.toMatchObject({
    message: 'The upstream refused to initialize again',
    data: { hop: 'upstream', reason: 'refused', outcome: 'not-done' },
  });
  expect(errors.map(describe)).toContain(
    'The upstream refused to initialize again: -32055: Out of service',
  );
});

it('describes an error by its deepest cause, once', () => {
  const cause = new Error('fetch failed', { cause: new Error('self-signed certificate') });
  const text = 'The upstream could not be reached';
  expect(describe(new HopError('unreachable', text, { cause }))).toBe(
    `${text}: self-signed certificate`,
  );
  expect(describe(new HopError('unreachable', text))).toBe(text);
});

group('an upstream that becomes another', () => {
  it('uses the 2025 protocol after a restart, if the upstream spoke 2026 before', async () => {
    const port = await lastingPort();
    const modern = await serveModern(() => modernServer(), { port });
    const to = await bridged(modern.url);
    await to.connect();
    expect(await greet(to.client)).toBe('Hello, Ann');
    await modern.kill();
    await serveV1(() => v1McpServer(newJournal()), { port });
    const client = await StreamClient.open(`${to.served.url}/sse`);
    expect(await client.request('initialize', INITIALIZE)).toHaveProperty('result');
    const greeting = { name: 'greet', arguments: { name: 'Ann' } };
    expect(await client.request('tools/call', greeting)).toHaveProperty('result');
    expect(to.server.upstreamOf(client.sessionId)).toMatchObject({ era: 'legacy' });
  });

  it('is probed only once for 2026, if it has no sessions and does not speak it', async () => {
    const methods: unknown[] = [];
    const upstream = await serveHttp((req, res) => {
      let text = '';
      req.on('data', (chunk: Buffer) => (text += chunk.toString()));
      req.on('end', () => {
        const { id, method } = JSON.parse(text || '{}') as Body;
        if (req.method !== 'POST') return void res.writeHead(405).end();
        methods.push(method);
        if (id === undefined) res.writeHead(202).end();
        else if (method !== 'initialize') {
          res.setHeader('content-type', 'application/json');
          const error = { code: -32601, message: 'Method not found' };
          res.end(JSON.stringify({ jsonrpc: '2.0', id, error }));
        } else {
          const serverInfo = { name: 'stateless', version: '1' };
          json(res, id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo });
        }
      });
    });
    const to = await bridged(upstream.url);
    for (let n = 0; n < 2; n += 1) {
      const client = await StreamClient.open(`${to.served.url}/sse`);
      expect(await client.request('initialize', INITIALIZE)).toHaveProperty('result');
      expect(to.server.upstreamOf(client.sessionId)).toMatchObject({ era: 'legacy' });
    }
    expect(methods.filter((method) => method === 'server/discover')).toHaveLength(1);
    expect(methods.filter((method) => method === 'initialize')).toHaveLength(2);
  });
});

it('drops notifications that 2026-07-28 does not have, and passes unknown methods on', async () => {
  const upstream = await serveModern(() => modernServer());
  const { client, connect, server } = await bridged(upstream.url);
  await connect();
  await client.notification({ method: 'notifications/vendor' });
  await eventually(() => server.stats().totals.dropped === 1);
  const before = upstream.requests.length;
  await client.notification({ method: 'vendor/news' });
  await eventually(() => upstream.requests.length > before);
  await expect(client.subscribeResource({ uri: 'test://text' })).resolves.toBeDefined();
});

it('bounds the messages that wait for an upstream to open', async () => {
  const upstream = await serveHttp(() => undefined);
  const { served } = await bridged(upstream.url, { closeTimeoutMs: 300 });
  const client = await StreamClient.open(`${served.url}/sse`);
  await client.post({ jsonrpc: '2.0', id: 'first', method: 'initialize', params: INITIALIZE });
  for (let id = 0; id < 100; id += 1) {
    await client.post({ jsonrpc: '2.0', method: 'notifications/news' });
  }
  await client.post({ jsonrpc: '2.0', id: 'late', method: 'tools/list' });
  const { error } = await client.nextMessage(({ id }) => id === 'late');
  expect(error).toMatchObject({
    message: 'Too many messages wait for the upstream',
    data: { reason: 'busy', outcome: 'not-done' },
  });
  // A ping is answered all the same.
  await client.post({ jsonrpc: '2.0', id: 'ping', method: 'ping' });
  expect(await client.nextMessage(({ id }) => id === 'ping')).toMatchObject({ result: {} });
});
