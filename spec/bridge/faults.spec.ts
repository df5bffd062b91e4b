import type { IncomingMessage, ServerResponse } from 'node:http';

import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { lastingPort } from '../support/lasting-port.js';
import { bridged } from './bridged.js';
import { json, scripted, type Body } from './scripted.js';
import { serveHttp } from './upstreams.js';

it('says that the upstream cannot be reached, without its address', async () => {
  const { failure, errors } = await bridged(`http://127.0.0.1:${await lastingPort()}/mcp`);
  const error = await failure();
  expect(error).toMatchObject({
    code: -32000,
    data: { hop: 'upstream', reason: 'unreachable', outcome: 'not-done' },
  });
  expect(JSON.stringify(error) + String(error)).not.toContain('127.0.0.1');
  expect(errors).toMatchObject([{ reason: 'unreachable', sent: false }]);
});

it.each([401, 403])(
  'reports a %d, but no challenge that is for the bridge itself',
  async (status) => {
    const challenge = 'Bearer realm="tools"';
    const upstream = await serveHttp((_req, res) =>
      res.writeHead(status, { 'www-authenticate': challenge }).end('secret text'),
    );
    const { failure, server } = await bridged(upstream.url);
    const error = await failure();
    expect(error).toMatchObject({
      message: expect.stringContaining(String(status)),
      data: { hop: 'upstream', reason: 'refused', outcome: 'not-done', status },
    });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/tools|secret/);
    expect(server.stats().totals.errors).toEqual({ refused: 1 });
    expect(upstream.requests).toHaveLength(1);
  },
);

it.each([
  [
    'a 500',
    (res: ServerResponse) => res.writeHead(500).end('oops'),
    { reason: 'refused', status: 500 },
  ],
  [
    'HTML',
    (res: ServerResponse) => res.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    { reason: 'invalid-answer' },
  ],
  [
    'no JSON',
    (res: ServerResponse) => res.writeHead(200, { 'content-type': 'application/json' }).end('{'),
    { reason: 'invalid-answer' },
  ],
  [
    'no message',
    (res: ServerResponse) =>
      res.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1}'),
    { reason: 'invalid-answer' },
  ],
  [
    'a cut connection',
    (res: ServerResponse) => res.destroy(),
    { reason: 'closed', outcome: 'unknown' },
  ],
  [
    'a stream that ends',
    (res: ServerResponse) =>
      res.writeHead(200, { 'content-type': 'text/event-stream' }).end(': hi\n\n'),
    { reason: 'closed', outcome: 'unknown' },
  ],
])('reports %s', async (_name, answer, data) => {
  const upstream = await scripted((_req, res) => void answer(res));
  const { client, connect } = await bridged(upstream.url);
  await connect();
  await expect(client.listTools()).rejects.toMatchObject({ data: { hop: 'upstream', ...data } });
  // The session lives on.
  await expect(client.listTools()).rejects.toMatchObject({ data: { hop: 'upstream', ...data } });
});

it.each(['application/json', 'text/event-stream'])(
  'bounds the size of a message as %s',
  async (type) => {
    const upstream = await scripted((_req, res, { id }) => {
      const text = JSON.stringify({
        jsonrpc: '2.0',
        id,
        result: { tools: [], much: 'x'.repeat(100_000) },
      });
      res.writeHead(200, { 'content-type': type });
      res.end(type === 'application/json' ? text : `data: ${text}\n\n`);
    });
    const { client, connect } = await bridged(upstream.url, { maxMessageBytes: 50_000 });
    await connect();
    await expect(client.listTools()).rejects.toMatchObject({ data: { hop: 'upstream' } });
  },
);

it('passes many messages on a stream, even if their sum exceeds the bound of one', async () => {
  const upstream = await scripted((_req, res, { id }) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const log = {
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: { level: 'info', data: 'x'.repeat(400) },
    };
    for (let n = 0; n < 500; n += 1) res.write(`data: ${JSON.stringify(log)}\n\n`);
    res.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { tools: [] } })}\n\n`);
  });
  const { client, connect } = await bridged(upstream.url, { maxMessageBytes: 50_000 });
  await connect();
  expect(await client.listTools()).toEqual({ tools: [] });
});

it('gives up on an upstream that hangs, and cancels the call there', async () => {
  const bodies: Body[] = [];
  const upstream = await scripted((_req, _res, body) => void bodies.push(body));
  upstream.server.on('request', (req: IncomingMessage) => {
    req.on('data', (chunk: Buffer) => void bodies.push(JSON.parse(chunk.toString()) as Body));
  });
  const { client, connect, server } = await bridged(upstream.url, { requestTimeoutMs: 300 });
  await connect();
  await expect(client.listTools()).rejects.toMatchObject({
    data: { hop: 'upstream', reason: 'timeout', outcome: 'unknown' },
  });
  await eventually(() => bodies.some(({ method }) => method === 'notifications/cancelled'));
  expect(server.stats().totals.errors).toEqual({ timeout: 1 });
});

it('gives up on a handshake that hangs', async () => {
  const upstream = await serveHttp(() => undefined);
  const { failure } = await bridged(upstream.url, { connectTimeoutMs: 300 });
  expect(await failure()).toMatchObject({ data: { hop: 'upstream', reason: 'timeout' } });
});

it('waits for an upstream that is slow', async () => {
  const upstream = await scripted((_req, res, { id }) => {
    setTimeout(() => json(res, id, { tools: [] }), 200);
  });
  const { client, connect } = await bridged(upstream.url);
  await connect();
  expect(await client.listTools()).toEqual({ tools: [] });
});

it('passes an error in the body of a refusal on as it is', async () => {
  const upstream = await scripted((_req, res, { id }) => {
    const error = { code: -32055, message: 'Of my own', data: { some: 'data' } };
    res.writeHead(400, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ jsonrpc: '2.0', id, error }));
  });
  const { client, connect } = await bridged(upstream.url);
  await connect();
  await expect(client.listTools()).rejects.toMatchObject({ code: -32055, data: { some: 'data' } });
});

it('passes unknown methods on, both ways', async () => {
  const upstream = await scripted((_req, res, { id, ...rest }) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const news = { jsonrpc: '2.0', method: 'vendor/news', params: { all: [1] } };
    const answer = { jsonrpc: '2.0', id, result: { rest } };
    res.end(`data: ${JSON.stringify(news)}\n\ndata: ${JSON.stringify(answer)}\n\n`);
  });
  const { client, connect } = await bridged(upstream.url);
  const heard: unknown[] = [];
  client.fallbackNotificationHandler = async ({ method, params }) =>
    void heard.push({ method, params });
  await connect();
  const request = { method: 'vendor/do', params: { it: { well: true } } };
  const validate = (value: unknown) => ({ value });
  const any = { '~standard': { version: 1 as const, vendor: 'spec', validate } };
  expect(await client.request(request, any)).toEqual({ rest: { jsonrpc: '2.0', ...request } });
  expect(heard).toEqual([{ method: 'vendor/news', params: { all: [1] } }]);
});

it('answers a call whose event stream the upstream ends without an answer', async () => {
  const upstream = await scripted((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.end(': nothing\n\n');
  });
  const { connect, client } = await bridged(upstream.url);
  await connect();
  await expect(client.callTool({ name: 'wait', arguments: {} })).rejects.toMatchObject({
    code: -32000,
    data: { hop: 'upstream', reason: 'closed', outcome: 'unknown' },
  });
});
