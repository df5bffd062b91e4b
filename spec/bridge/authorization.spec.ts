import type { IncomingMessage, ServerResponse } from 'node:http';

import {
  Client as ClientV2,
  ClientCredentialsProvider as ProviderV2,
  SSEClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { ClientCredentialsProvider as ProviderV1 } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { bridge, type Bridge, type BridgeOptions } from '../../lib/bridge/index.js';
import { mcpSse } from '../../lib/index.js';
import { IDENTITY, textOf } from '../support/sdk/clients.js';
import { newJournal } from '../support/sdk/tools.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { fetchText, StreamClient } from '../support/stream-client.js';
import { request } from '../support/messages.js';
import { serve } from '../support/serve.js';
import { modernServer } from './modern-server.js';
import { serveHttp } from './upstreams.js';
import { v1Listener } from './v1-listener.js';

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;

/** An upstream that knows some tokens, its authorization server, and a bridge below its URL. */
async function protectedUpstream(handler: Handler) {
  const app = express();
  const { url, requests } = await serveHttp(app);
  const { origin } = new URL(url);
  const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`;
  const tokens = new Set<string>();
  let issued = 0;
  app.get('/.well-known/oauth-protected-resource/mcp', (_req, res) => {
    res.json({ resource: url, authorization_servers: [origin] });
  });
  app.get('/.well-known/oauth-authorization-server', (_req, res) => {
    res.json({
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      response_types_supported: ['code'],
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    });
  });
  app.post('/token', (_req, res) => {
    const token = `token-${(issued += 1)}`;
    tokens.add(token);
    res.json({ access_token: token, token_type: 'Bearer', expires_in: 3_600 });
  });
  app.all('/mcp', (req, res) => {
    const token = req.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (tokens.has(token)) void handler(req, res);
    else {
      const challenge = `Bearer error="invalid_token", resource_metadata="${metadata}"`;
      res.status(401).set('WWW-Authenticate', challenge).end();
    }
  });
  const upstream = bridge({ upstream: url, forwardHeaders: ['authorization'] });
  const mcp = mcpSse({ server: upstream });
  app.use('/mcp/legacy', mcp, mcp.errorHandler);
  onTestFinished(async () => {
    await mcp.close();
    await upstream.close();
  });
  const entry = new URL(`${url}/legacy/sse`);
  return { url, entry, metadata, tokens, requests, upstream, issued: () => issued };
}

const v1Handler: Handler = v1Listener(() => v1McpServer(newJournal())).listener;

function modernHandler(): Handler {
  const handler = createMcpHandler(() => modernServer(), { legacy: 'reject' });
  onTestFinished(() => handler.close());
  const handle = toNodeHandler(handler);
  return (req, res) => handle(req as Parameters<typeof handle>[0], res);
}

const CREDENTIALS = { clientId: 'spec', clientSecret: 'secret' };

interface Caller {
  greet(): Promise<string>;
  close(): Promise<void>;
}
const GREET = { name: 'greet', arguments: { name: 'Ann' } };

const CLIENTS: [string, (url: URL, issuer: string) => Promise<Caller>][] = [
  [
    'v1',
    async (url, expectedIssuer) => {
      const client = new ClientV1(IDENTITY);
      const authProvider = new ProviderV1({ ...CREDENTIALS, expectedIssuer });
      await client.connect(new TransportV1(url, { authProvider }));
      return {
        greet: async () => textOf(await client.callTool(GREET)),
        close: () => client.close(),
      };
    },
  ],
  [
    'v2',
    async (url, expectedIssuer) => {
      const client = new ClientV2(IDENTITY);
      const authProvider = new ProviderV2({ ...CREDENTIALS, expectedIssuer });
      await client.connect(new TransportV2(url, { authProvider }));
      return {
        greet: async () => textOf(await client.callTool(GREET)),
        close: () => client.close(),
      };
    },
  ],
];

describe.each(CLIENTS)('a client of SDK %s with OAuth', (_, connect) => {
  it.each([
    ['2025', () => v1Handler],
    ['2026', modernHandler],
  ])('follows the challenge of an upstream of %s to get its token', async (_era, handler) => {
    const { entry, issued, upstream } = await protectedUpstream(handler());
    const client = await connect(entry, entry.origin);
    expect(await client.greet()).toBe('Hello, Ann');
    expect(issued()).toBe(1);
    expect(upstream.stats().totals.errors).toEqual({ refused: 1 });
    await client.close();
  });

  it('gets a new token when the old one has expired, after one failed call', async () => {
    const { entry, issued, tokens } = await protectedUpstream(v1Handler);
    const client = await connect(entry, entry.origin);
    // By now the upstream's own stream is there, which would be refused as well.
    expect(await client.greet()).toBe('Hello, Ann');
    tokens.clear();
    await expect(client.greet()).rejects.toMatchObject({
      data: { hop: 'upstream', reason: 'refused', status: 401, outcome: 'not-done' },
    });
    expect(await client.greet()).toBe('Hello, Ann');
    expect(issued()).toBe(2);
    await client.close();
  });
});

/** A bridge to an upstream that refuses everybody, and what a client is answered. */
async function refused(status: number, challenge: string | undefined, options = {}) {
  const upstream = await serveHttp((_req, res) => {
    if (challenge !== undefined) res.setHeader('www-authenticate', challenge);
    res.writeHead(status).end();
  });
  const settings: BridgeOptions = { upstream: upstream.url, forwardHeaders: ['authorization'] };
  const server: Bridge = bridge({ ...settings, ...options });
  onTestFinished(() => server.close());
  const served = await serve({ server });
  return { url: `${served.url}/sse`, requests: upstream.requests, served, server };
}

const EVENT_STREAM = { headers: { accept: 'text/event-stream', authorization: 'Bearer old' } };

it.each([
  [401, 'Bearer realm="a"', 401, 'Bearer realm="a"'],
  [401, undefined, 401, 'Bearer'],
  [403, 'Bearer error="insufficient_scope", scope="a"', 403, /insufficient_scope/],
  [403, 'Bearer realm="a"', 403, 'Bearer realm="a"'],
])(
  'answers a stream request as the upstream would: %s %s',
  async (status, challenge, then, told) => {
    const { url, requests, server } = await refused(status, challenge);
    const { status: answered, headers } = await fetchText(url, EVENT_STREAM);
    expect(answered).toBe(then);
    expect(headers['www-authenticate']).toMatch(told);
    expect(requests.map(({ headers: { authorization } }) => authorization)).toEqual(['Bearer old']);
    expect(server.stats()).toMatchObject({ totals: { errors: { refused: 1 } } });
    expect(Object.values(server.stats().sessions)).toEqual([0, 0, 0, 0, 0, 0]);
  },
);

it.each([
  ['401 by which a browser would ask for a password', 401, 'Basic realm="a"', {}],
  ['403 that names no token', 403, undefined, {}],
  ['500', 500, 'Bearer', {}],
  ['401 of a key of its own', 401, 'Bearer', { headers: { Authorization: 'Bearer own' } }],
  ['401 where no token is forwarded', 401, 'Bearer', { forwardHeaders: [] }],
])('opens the stream in spite of a %s', async (_, status, challenge, options) => {
  const { url } = await refused(status, challenge, options);
  const client = await StreamClient.open(url, EVENT_STREAM.headers);
  const answer = await client.request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: IDENTITY,
  });
  expect(answer).toMatchObject({ error: { data: { hop: 'upstream', reason: 'refused', status } } });
  expect(JSON.stringify(answer)).not.toContain('wwwAuthenticate');
  expect((await client.post(request(2), EVENT_STREAM.headers)).status).toBe(202);
});

it('refuses the next POST that has a refused token, once, and no POST with another token', async () => {
  let isRefusing = false;
  const accept = v1Listener(() => v1McpServer(newJournal())).listener;
  const upstream = await serveHttp((req, res) => {
    if (isRefusing && req.method === 'POST') res.writeHead(401).end();
    else accept(req, res);
  });
  const server = bridge({ upstream: upstream.url, forwardHeaders: ['authorization'] });
  onTestFinished(() => server.close());
  const served = await serve({ server });
  const [old, renewed] = ['Bearer old', 'Bearer new'].map((authorization) => ({ authorization }));
  const client = await StreamClient.open(`${served.url}/sse`, old);
  await client.post(
    request('first', 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: IDENTITY,
    }),
    old,
  );
  await client.nextMessage(({ id }) => id === 'first');
  isRefusing = true;
  const fails = async (id: string, headers: typeof old): Promise<void> => {
    expect((await client.post(request(id, 'ping'), headers)).status).toBe(202);
    const answer = await client.nextMessage((message) => message.id === id);
    expect(answer).toMatchObject({ error: { data: { status: 401 } } });
  };
  await fails('a', old);
  await fails('b', renewed);
  expect((await client.post(request('c', 'ping'), renewed)).status).toBe(401);
  await fails('d', renewed);
  const { status, headers } = await client.post(request('e', 'ping'), renewed);
  expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer']);
});

it('opens the stream when the upstream does not answer', async () => {
  const upstream = await serveHttp(() => undefined);
  const server = bridge({ upstream: upstream.url, forwardHeaders: ['authorization'] });
  onTestFinished(() => server.close());
  const served = await serve({ server });
  const client = await StreamClient.open(`${served.url}/sse`);
  expect(client.status).toBe(200);
});

it('sends no client token along a redirect', async () => {
  const elsewhere = await serveHttp((_req, res) => res.writeHead(401).end());
  const upstream = await serveHttp((_req, res) =>
    res.writeHead(307, { location: elsewhere.url }).end(),
  );
  const server = bridge({ upstream: upstream.url, forwardHeaders: ['authorization'] });
  onTestFinished(() => server.close());
  const served = await serve({ server });
  const client = await StreamClient.open(`${served.url}/sse`, EVENT_STREAM.headers);
  expect(client.status).toBe(200);
  const answer = await client.request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: IDENTITY,
  });
  expect(answer).toMatchObject({ error: { data: { hop: 'upstream' } } });
  expect(elsewhere.requests).toEqual([]);
});
