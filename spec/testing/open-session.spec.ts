import { createServer, type IncomingMessage } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';

import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { mcpSse, type JsonRpcMessage } from '../../lib/index.js';
import { openSession, type Target } from '../../lib/testing/index.js';
import { eventually } from '../support/eventually.js';
import { closed, serve } from '../support/serve.js';

const TOOLS = { tools: [] };
const addresses = Object.values(networkInterfaces()).flatMap((of) => of ?? []);
const hasIPv6 = addresses.some(({ address }) => address === '::1');
const hosts = ['0.0.0.0', '127.0.0.1', ...(hasIPv6 ? ['::', '::1'] : [])];

describe('a target', () => {
  it('may be an Express application, which is started, and closed with the session', async () => {
    const app = express().use('/api', mcpSse());
    const session = await openSession(app, { path: '/api/sse' });
    expect(session.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(session.endpoint).toBe(`${session.url}/api/message?sessionId=${session.sessionId}`);
    expect(await session.request('tools/list')).toEqual(TOOLS);
    await session.close();
    await expect(fetch(session.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('may be a request listener of any kind', async () => {
    const mcp = mcpSse();
    await using session = await openSession(mcp.requestListener(express()));
    expect(await session.request('tools/list')).toEqual(TOOLS);
    expect(mcp.sessions.get(session.sessionId)?.state).toBe('open');
  });

  it('may be a listening server, which stays open when the session is closed', async () => {
    const { server, url } = await serve();
    const session = await openSession(server);
    expect(session.url).toBe(url);
    await session.close();
    expect(server.listening).toBe(true);
    await using another = await openSession(server);
    expect(another.sessionId).not.toBe(session.sessionId);
  });

  it('may be a server whose listen() was just called', async () => {
    const app = express().use(mcpSse());
    const server = app.listen(0, 'localhost');
    onTestFinished(() => closed(server));
    expect(server.listening).toBe(false);
    await using session = await openSession(server);
    expect(await session.request('tools/list')).toEqual(TOOLS);
  });

  it.each(hosts)('may be a server on %s', async (host) => {
    const server = express().use(mcpSse()).listen(0, host);
    onTestFinished(() => closed(server));
    await using session = await openSession(server);
    expect(session.status).toBe(200);
  });

  it.each([
    ['a base URL', (url: string) => url],
    ['a base URL with a slash at its end', (url: string) => `${url}/`],
    ['a URL object', (url: string) => new URL(url)],
  ])('may be %s', async (_, targetOf: (url: string) => Target) => {
    const { url } = await serve({}, { mount: '/api/v1' });
    await using session = await openSession(targetOf(url), { path: 'sse?from=spec' });
    expect(session.url).toBe(url);
    expect(session.endpoint).toBe(`${url}/message?sessionId=${session.sessionId}`);
    expect(await session.request('tools/list')).toEqual(TOOLS);
  });

  it('that is a server which never listens is refused', async () => {
    const opening = openSession(createServer(), { timeoutMs: 20 });
    await expect(opening).rejects.toThrow('the server is not listening: call listen() first');
  });

  it('that is a server on a Unix socket is refused', async () => {
    const server = createServer().listen(join(tmpdir(), `testing-${process.pid}-${Math.random()}`));
    onTestFinished(() => closed(server));
    await expect(openSession(server)).rejects.toThrow('the server must listen on a TCP port');
  });
});

describe('the options', () => {
  it('send the headers with the stream and with every POST', async () => {
    const seen: (string | undefined)[] = [];
    const app = express();
    app.use((req: IncomingMessage, _res, next) => {
      seen.push(
        `${req.method} ${req.headers['x-tenant'] as string} ${req.headers['content-type']}`,
      );
      next();
    });
    app.use(mcpSse());
    await using session = await openSession(app, {
      headers: { 'X-Tenant': 'a', 'content-type': 'application/json; charset=utf-8' },
    });
    await session.post({}, { 'x-tenant': 'b', 'Content-Type': undefined });
    const type = 'application/json; charset=utf-8';
    expect(seen).toEqual([`GET a ${type}`, `POST a ${type}`, `POST a ${type}`, 'POST b undefined']);
  });

  it('do the handshake by default', async () => {
    const received: JsonRpcMessage[] = [];
    const hooks = { onReceive: (message: JsonRpcMessage) => void received.push(message) };
    await using session = await openSession(express().use(mcpSse({ hooks })));
    expect(received).toMatchObject([
      { method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {} } },
      { method: 'notifications/initialized' },
    ]);
    expect(session.initializeResult).toMatchObject({ serverInfo: { name: 'express-mcp-sse' } });
  });

  it('do the handshake with the given parameters', async () => {
    const mcp = mcpSse();
    await using session = await openSession(express().use(mcp), {
      initialize: {
        protocolVersion: '2024-11-05',
        capabilities: { sampling: {} },
        clientInfo: { name: 'old', version: '0.1.0' },
      },
    });
    expect(session.initializeResult).toMatchObject({ protocolVersion: '2024-11-05' });
    expect(mcp.sessions.get(session.sessionId)).toMatchObject({
      clientInfo: { name: 'old' },
      clientCapabilities: { sampling: {} },
      protocolVersion: '2024-11-05',
    });
  });

  it('can leave the handshake to the test', async () => {
    const mcp = mcpSse();
    await using session = await openSession(express().use(mcp), { initialize: false });
    expect(session.messages).toEqual([]);
    expect(session.initializeResult).toBeUndefined();
    expect(mcp.sessions.get(session.sessionId)?.clientInfo).toBeUndefined();
  });

  it.each<[object, string]>([
    [
      { header: {} },
      'unknown option "header"; the options are path, headers, timeoutMs, initialize',
    ],
    [{ timeoutMs: 0 }, 'timeoutMs must be a positive number'],
    [{ timeoutMs: NaN }, 'timeoutMs must be a positive number'],
  ])('are refused when they are wrong: %j', async (options, message) => {
    await expect(openSession('http://127.0.0.1:1', options)).rejects.toThrow(message);
  });
});

it('shows the head of the stream, its events and its comments', async () => {
  const mcp = mcpSse({ keepAlive: { intervalMs: 10 } });
  await using session = await openSession(express().use(mcp));
  expect(session.status).toBe(200);
  expect(session.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  const endpoint = { event: 'endpoint', data: `message?sessionId=${session.sessionId}` };
  expect(session.events[0]).toEqual({ ...endpoint, id: undefined });
  expect(session.events.map(({ event }) => event)).toEqual(['endpoint', 'message']);
  const answer = { jsonrpc: '2.0', id: 'request-1', result: session.initializeResult };
  expect(session.messages).toEqual([answer]);
  await eventually(() => session.comments.length > 0);
  expect(session.comments[0]).toBe('keep-alive');
  expect(session.text).toContain(': keep-alive\n');
});

it('follows the newest endpoint, and has no session id if the URL has none', async () => {
  const app = express().get('/api/sse', (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write('event: endpoint\ndata: message?sessionId=7\n\n');
    res.write('event: endpoint\ndata: /elsewhere\n\ndata: {"method":"ready"}\n\n');
  });
  await using session = await openSession(app, { path: '/api/sse', initialize: false });
  await session.next('ready');
  expect(session.endpoint).toBe(`${session.url}/elsewhere`);
  expect(session.sessionId).toBe('');
});
