import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { lastingPort } from '../support/lasting-port.js';
import { bridged } from './bridged.js';
import { events, json, scripted, type Answer } from './scripted.js';
import { serveHttp } from './upstreams.js';

it.each([
  [404, ''],
  [400, 'Bad Request: No valid session ID provided'],
])(
  'reports a call whose stream was cut, if the upstream answers %d %s',
  async (status, refusal) => {
    const port = await lastingPort();
    const cut: Answer = (_req, res) => {
      events(res);
      res.write('id: 1\ndata: \n\n');
    };
    const first = await scripted(cut, { port });
    const { client, connect, server } = await bridged(first.url);
    await connect();
    const call = client.callTool({ name: 'wait', arguments: {} });
    await eventually(() => server.stats().totals.requests === 1);
    await eventually(() => first.requests.length >= 4);
    await first.kill();
    let initialized = 0;
    await serveHttp((req, res) => {
      let text = '';
      req.on('data', (chunk: Buffer) => (text += chunk.toString()));
      req.on('end', () => {
        const { id, method } = JSON.parse(text || '{}') as { id?: unknown; method?: string };
        if (req.headers['mcp-session-id'] === 'one') res.writeHead(status).end(refusal);
        else if (method === 'initialize') {
          initialized += 1;
          res.setHeader('mcp-session-id', 'two');
          const serverInfo = { name: 'scripted', version: '2' };
          json(res, id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo });
        } else res.writeHead(id === undefined ? 202 : 404).end();
      });
    }, port);
    await expect(call).rejects.toMatchObject({
      data: { hop: 'upstream', reason: 'closed', outcome: 'unknown' },
    });
    await eventually(() => initialized > 0);
  },
);

it('repeats a request that is refused after the session was found to be lost', async () => {
  let refused = 0;
  const upstream = await scripted((_req, res, { id }) => {
    refused += 1;
    if (refused === 1) res.writeHead(404).end();
    // The bridge has left the session by then.
    else if (refused === 2) setTimeout(() => res.writeHead(404).end(), 200);
    else json(res, id, { tools: [] });
  });
  const { client, connect, server } = await bridged(upstream.url);
  await connect();
  const calls = [client.listTools(), client.listTools()];
  expect(await Promise.all(calls)).toEqual([{ tools: [] }, { tools: [] }]);
  expect(server.stats().totals.reconnects).toBe(1);
});

it.each([
  ['without an id', { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } }],
  [
    'with the id null',
    { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } },
  ],
  ['of another request', { jsonrpc: '2.0', id: 'other', result: {} }],
  ['that is an empty list', []],
])('does not wait for another answer after one %s', async (_, message) => {
  const upstream = await scripted((_req, res) => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(message));
  });
  const { client, connect } = await bridged(upstream.url);
  await connect();
  await expect(client.listTools()).rejects.toMatchObject({
    data: { hop: 'upstream', outcome: 'unknown' },
  });
});

it('reads a compressed answer up to the bound', async () => {
  const upstream = await scripted((_req, res, { id, method }) => {
    const text = method === 'tools/list' ? 'x' : 'x'.repeat(1_000_000);
    const body = { jsonrpc: '2.0', id, result: { tools: [], text } };
    res.setHeader('content-type', 'application/json');
    res.setHeader('content-encoding', 'gzip');
    res.end(gzipSync(JSON.stringify(body)));
  });
  const { client, connect } = await bridged(upstream.url, { maxMessageBytes: 100_000 });
  await connect();
  expect(await client.listTools()).toEqual({ tools: [], text: 'x' });
  await expect(client.callTool({ name: 'any' })).rejects.toMatchObject({
    data: { hop: 'upstream' },
  });
});

describe('a redirect', () => {
  const HEADERS = { forwardHeaders: ['x-tenant'], headers: { 'x-key': 'own' } };

  it.each([301, 302, 303, 307, 308])('of %d to another origin is not followed', async (status) => {
    const other = await serveHttp((_req, res) => res.writeHead(200).end());
    const away: Answer = (_req, res) => res.writeHead(status, { location: other.url }).end();
    const upstream = await scripted(away, { stream: away });
    const { client, connect, server } = await bridged(upstream.url, HEADERS);
    await connect({ 'x-tenant': 'secret' });
    const failed = await client.listTools().catch((error: unknown) => error);
    expect(failed).toMatchObject({ data: { reason: 'refused', outcome: 'not-done', status } });
    expect(JSON.stringify(failed) + String(failed)).not.toContain(other.url);
    await server.close();
    expect(other.requests).toEqual([]);
  });

  it('to another path is followed, with the headers', async () => {
    const upstream = await scripted((req, res, { id }) => {
      if (req.url === '/mcp') res.writeHead(307, { location: '/mcp/' }).end();
      else json(res, id, { tools: [], headers: [req.headers['x-tenant'], req.headers['x-key']] });
    });
    const { client, connect } = await bridged(upstream.url, HEADERS);
    await connect({ 'x-tenant': 'secret' });
    expect(await client.listTools()).toMatchObject({ headers: ['secret', 'own'] });
  });
});

it.each([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
])('reports a call as not sent if TLS fails by %s', async (code) => {
  const cause = Object.assign(new Error('of TLS'), { code });
  const { failure } = await bridged('https://127.0.0.1:1/mcp', {
    fetch: () => Promise.reject(new TypeError('fetch failed', { cause })),
  });
  expect(await failure()).toMatchObject({
    data: { hop: 'upstream', reason: 'unreachable', outcome: 'not-done' },
  });
});
