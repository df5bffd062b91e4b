import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Express } from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { McpSseOptions, SunsetOptions } from '../../lib/index.js';
import { introduce } from '../support/dashboard-client.js';
import { eventually } from '../support/eventually.js';
import { notification, request } from '../support/messages.js';
import { serve, type Served } from '../support/serve.js';
import { fetchText, post, StreamClient } from '../support/stream-client.js';

const deprecated = new Date('2027-01-01');
const at = new Date('2027-12-01');
const successor = 'https://tools.example/mcp';
const HEADERS = {
  deprecation: '@1798761600',
  sunset: 'Wed, 01 Dec 2027 00:00:00 GMT',
  link: `<${successor}>; rel="successor-version"`,
};
const INITIALIZE = request(1, 'initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'old', version: '1' },
});
const ENDED = /^This server has ended MCP over HTTP\+SSE\. Connect to https:\/\/tools\.example/;

const serveEnding = (
  sunset: Partial<SunsetOptions> = {},
  options: McpSseOptions = {},
): Promise<Served<unknown>> =>
  serve({ ...options, sunset: { deprecated, at, successor, ...sunset } });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2027-06-01') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the announcement', () => {
  it('is on streams, on POSTs, and on their errors', async () => {
    const { url } = await serveEnding();
    const client = await StreamClient.open(`${url}/sse`);
    expect(client.headers).toMatchObject(HEADERS);
    const answers = [
      await client.post(request(1, 'ping')),
      await client.post('{'),
      await post(`${url}/message?sessionId=x`, request(2, 'ping')),
      await post(`${url}/sse`, request(3, 'ping')),
      await fetchText(`${url}/sse`, { headers: { Accept: 'text/html' } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 400, 404, 405, 406]);
    for (const { headers } of answers) expect(headers).toMatchObject(HEADERS);
  });

  it('can be read by pages of other sites', async () => {
    const allowedOrigins = ['https://app.example'];
    const { url } = await serveEnding({}, { security: { allowedOrigins } });
    const { headers } = await StreamClient.open(`${url}/sse`, { Origin: 'https://app.example' });
    expect(headers['access-control-expose-headers']).toBe(
      'Retry-After,WWW-Authenticate,Deprecation,Sunset,Link',
    );
  });

  it('keeps the links of the application', async () => {
    const own = '<https://tools.example>; rel="author"';
    const prepare = (app: Express): unknown =>
      app.use((_req, res, next) => {
        res.setHeader('Link', own);
        next();
      });
    const { url } = await serve(
      { sunset: { deprecated, at, successor } },
      { way: 'router', prepare },
    );
    const client = await StreamClient.open(`${url}/sse`);
    expect(client.headers.link).toBe(`${own}, ${HEADERS.link}`);
  });

  it('is made only to callers whom applies selects by principal', async () => {
    const { url } = await serveEnding(
      { applies: ({ principal }) => principal === 'ann' },
      { security: { principal: (req) => req.get('x-user') } },
    );
    const ann = await StreamClient.open(`${url}/sse`, { 'x-user': 'ann' });
    const bob = await StreamClient.open(`${url}/sse`, { 'x-user': 'bob' });
    expect(ann.headers).toMatchObject(HEADERS);
    expect((await ann.post(notification())).headers).toMatchObject(HEADERS);
    for (const { headers } of [bob, await bob.post(notification())]) {
      expect(headers).not.toHaveProperty('deprecation');
      expect(headers).not.toHaveProperty('link');
    }
  });

  it('is not made without sunset', async () => {
    const { url } = await serve();
    const { headers } = await StreamClient.open(`${url}/sse`);
    for (const name of Object.keys(HEADERS)) expect(headers).not.toHaveProperty(name);
  });
});

describe('the end', () => {
  it('answers initialize with an error that names the successor, and closes the session', async () => {
    const { url, mcp } = await serveEnding();
    vi.setSystemTime(at);
    const client = await StreamClient.open(`${url}/sse`, { 'User-Agent': 'agent/1' });
    expect((await client.post(INITIALIZE)).status).toBe(202);
    expect(await client.nextMessage()).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: {
        code: -32000,
        message: expect.stringMatching(ENDED),
        data: { successor, sunset: at.toISOString() },
      },
    });
    await client.end();
    const { totals } = mcp.stats();
    expect([totals.refused, totals.closed, totals.errors]).toEqual([
      { sunset: 1 },
      { sunset: 1 },
      {},
    ]);
    expect((await mcp.usage()).rows).toMatchObject([
      {
        ...{ client: 'old', version: '1', protocolVersion: '2025-06-18', userAgent: 'agent/1' },
        ...{ sessions: 0, requests: 0, refused: 1 },
      },
    ]);
  });

  // Kills: a way in for a client that never initializes.
  it('refuses a returning client without initialize, and each request of a batch', async () => {
    const handler = vi.fn<() => object>(() => ({}));
    const { url } = await serveEnding({}, { handler });
    vi.setSystemTime(at);
    const client = await StreamClient.open(`${url}/sse`);
    await client.request('ping');
    await client.post([notification('n'), request(7, 'tools/list'), request(8, 'tools/call')]);
    const answers = [await client.nextMessage(), await client.nextMessage()];
    expect(answers.map(({ id }) => id)).toEqual([7, 8]);
    for (const { error } of answers) expect(error.message).toMatch(ENDED);
    await client.end();
    expect(handler).toHaveBeenCalledTimes(1);
  });

  // Kills: an end of what runs.
  it('lets running sessions go on', async () => {
    const { url } = await serveEnding();
    const client = await introduce(url, { name: 'old' });
    vi.setSystemTime(new Date('2028-01-01'));
    expect(await client.request('ping')).toMatchObject({ result: {} });
    expect(await client.request('tools/list')).toMatchObject({ result: { tools: [] } });
  });

  it('is the error of connect() in SDK clients', async () => {
    const { url } = await serveEnding();
    vi.setSystemTime(at);
    const client = new Client({ name: 'old', version: '1' });
    const connecting = client.connect(new SSEClientTransport(new URL(`${url}/sse`)));
    await expect(connecting).rejects.toThrow('Connect to https://tools.example/mcp');
    await client.close();
  });

  it('spares callers whom applies exempts by their clientInfo', async () => {
    const { url } = await serveEnding({ applies: ({ clientInfo }) => clientInfo?.name !== 'vip' });
    vi.setSystemTime(at);
    const vip = await introduce(url, { name: 'vip' });
    expect(await vip.request('tools/list')).toMatchObject({ result: { tools: [] } });
    const other = await StreamClient.open(`${url}/sse`);
    await other.post(INITIALIZE);
    expect(await other.nextMessage()).toHaveProperty('error');
  });
});

describe('the end over HTTP', () => {
  it('refuses streams with 410 and problem details that are a JSON-RPC error, too', async () => {
    const { url, mcp } = await serveEnding({ refuse: 'http', policy: 'https://tools.example/end' });
    vi.setSystemTime(at);
    const { status, headers, body } = await fetchText(`${url}/sse`, {});
    expect(status).toBe(410);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(headers).toMatchObject({ deprecation: HEADERS.deprecation, sunset: HEADERS.sunset });
    const detail = expect.stringMatching(ENDED);
    expect(JSON.parse(body)).toEqual({
      ...{ type: 'about:blank', title: 'Gone', status: 410, detail },
      ...{ successor, policy: 'https://tools.example/end', sunset: at.toISOString() },
      ...{ jsonrpc: '2.0', id: null, error: { code: -32000, message: detail } },
    });
    expect(mcp.stats().totals).toMatchObject({ opened: 0, refused: { sunset: 1 } });
    expect((await mcp.usage()).rows).toMatchObject([{ client: undefined, refused: 1 }]);
  });

  it('lets sessions go on once their stream was accepted', async () => {
    const { url } = await serveEnding({ refuse: 'http' });
    const client = await StreamClient.open(`${url}/sse`);
    vi.setSystemTime(at);
    await client.post(INITIALIZE);
    expect(await client.nextMessage()).toHaveProperty('result');
  });
});

describe('the notice', () => {
  const server = () =>
    new McpServer({ name: 's', version: '1' }, { capabilities: { logging: {} } });
  const initialized = notification('notifications/initialized');

  it('is one log message for each session, after its handshake', async () => {
    const { url } = await serveEnding({}, { server });
    const client = await introduce(url, { name: 'old' });
    await client.post(initialized);
    const notice = await client.nextMessage(({ method }) => method === 'notifications/message');
    expect(notice.params).toMatchObject({
      level: 'warning',
      data: expect.stringContaining('deprecated here and ends on 2027-12-01'),
    });
    await client.request('ping');
    const told = client.messages.filter((message) => 'method' in message);
    expect(told).toHaveLength(1);
  });

  it.each([
    ['before the deprecation', { deprecated: at }, server],
    ['if it is not wanted', { notice: false as const }, server],
    // [spec] Servers that send log messages must declare it.
    ['for a server without logging', {}, () => new McpServer({ name: 's', version: '1' })],
  ])('is not sent %s', async (_, sunset, factory) => {
    const { url, mcp } = await serveEnding(sunset, { server: factory });
    const client = await introduce(url, { name: 'old' });
    await client.post(initialized);
    await client.request('ping');
    await eventually(() => mcp.stats().totals.messagesOut >= 2);
    expect(client.messages.filter((message) => 'method' in message)).toEqual([]);
  });
});
