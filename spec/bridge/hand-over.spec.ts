import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import { localAdapter } from '../../lib/adapter/index.js';
import { bridge, type Bridge, type BridgeOptions } from '../../lib/bridge/index.js';
import { eventually } from '../support/eventually.js';
import { request } from '../support/messages.js';
import { lastId, RESUMES } from '../support/returning-client.js';
import { newJournal } from '../support/sdk/tools.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { serve, type Served } from '../support/serve.js';
import { discovered } from '../support/serve-nodes.js';
import { StreamClient } from '../support/stream-client.js';
import { serveHttp, serveV1 } from './upstreams.js';
import { v1Listener } from './v1-listener.js';

interface Node extends Served<unknown> {
  readonly upstream: Bridge;
}

/** Two nodes, each with a bridge of its own. */
async function nodes(options: BridgeOptions): Promise<[Node, Node]> {
  const adapter = localAdapter();
  const start = async (): Promise<Node> => {
    const server = bridge(options);
    onTestFinished(() => server.close());
    return Object.assign(await serve({ server, adapter }), { upstream: server });
  };
  const pair: [Node, Node] = [await start(), await start()];
  await discovered(pair);
  return pair;
}

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: { roots: {} },
  clientInfo: { name: 'mover', version: '1' },
};
const GREET = { name: 'greet', arguments: { name: 'Ann' } };
const HELLO = { result: { content: [{ text: 'Hello, Ann' }] } };

async function introduced(node: Node, headers: Record<string, string> = {}) {
  const client = await StreamClient.open(`${node.url}/sse`, { ...RESUMES, ...headers });
  const answer = await client.request('initialize', INITIALIZE);
  expect(answer).toHaveProperty('result');
  await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return client;
}

/** Closes the node of the client, whose stream goes on at the other one. */
async function handedOver(from: Node, to: Node, client: StreamClient, headers = {}) {
  await from.mcp.close();
  await from.upstream.close();
  return StreamClient.open(`${to.url}/sse`, {
    ...RESUMES,
    ...headers,
    'Last-Event-ID': lastId(client),
  });
}

it("continues with a new process, which gets the client's handshake again", async () => {
  const script = fileURLToPath(new URL('programs/stdio-v1.mjs', import.meta.url));
  const [from, to] = await nodes({ upstream: { command: process.execPath, args: [script] } });
  const client = await introduced(from);
  await client.request('logging/setLevel', { level: 'error' });
  const again = await handedOver(from, to, client);
  expect(again.sessionId).toBe(client.sessionId);
  expect(from.upstream.stats().processes).toBe(0);
  await again.post(request('call', 'tools/call', GREET));
  expect(await again.nextMessage(({ id }) => id === 'call')).toMatchObject(HELLO);
  expect(to.upstream.stats()).toMatchObject({ processes: 1, totals: { opened: 1, errors: {} } });
  // Nothing was answered that the client has not asked now.
  const answered = again.messages.flatMap((one) => ('method' in one ? [] : [one.id]));
  expect(answered).toEqual(['call']);
});

it('does not wait for an upstream that is slow to start', async () => {
  let isSlow = false;
  const { listener } = v1Listener(() => v1McpServer(newJournal()));
  const upstream = await serveHttp((req, res) => {
    if (!isSlow || req.method !== 'POST') listener(req, res);
    else setTimeout(() => listener(req, res), 3_000);
  });
  const [from, to] = await nodes({ upstream: upstream.url });
  const client = await introduced(from);
  isSlow = true;
  const again = await handedOver(from, to, client);
  isSlow = false;
  expect(again.sessionId).toBe(client.sessionId);
  await again.post(request('call', 'tools/call', GREET));
  const answer = await again.nextMessage(({ id }) => id === 'call', 10_000);
  expect(answer).toMatchObject(HELLO);
  expect(to.mcp.stats().totals).toMatchObject({ restored: 1 });
});

it('sets level and subscriptions at a new upstream, and tells the client that lists have changed', async () => {
  const told: string[] = [];
  const upstream = await serveV1(() => v1McpServer(newJournal()));
  const [from, to] = await nodes({
    upstream: upstream.url,
    fetch: (url, init) => {
      if (typeof init?.body === 'string') told.push(String(JSON.parse(init.body).method));
      return fetch(url, init);
    },
  });
  const client = await introduced(from);
  await client.request('logging/setLevel', { level: 'error' });
  told.length = 0;
  const again = await handedOver(from, to, client);
  await again.nextMessage(({ method }) => method === 'notifications/tools/list_changed');
  expect(told).toEqual(['initialize', 'notifications/initialized', 'logging/setLevel']);
  expect(upstream.sessions.size).toBe(1);
  expect(to.upstream.upstreamOf(again.sessionId)).toMatchObject({ state: 'open' });
});

it("waits for the caller's token, which does not move with the session", async () => {
  const { listener } = v1Listener(() => v1McpServer(newJournal()));
  const tokens = new Set<unknown>();
  const upstream = await serveHttp((req, res) => {
    tokens.add(req.headers.authorization);
    if (req.headers.authorization === undefined) res.writeHead(401).end();
    else listener(req, res);
  });
  const [from, to] = await nodes({
    upstream: upstream.url,
    forwardHeaders: ['authorization'],
  });
  const headers = { authorization: 'Bearer of-the-client' };
  const client = await introduced(from, headers);
  const again = await handedOver(from, to, client, headers);
  expect(again.sessionId).toBe(client.sessionId);
  expect(to.upstream.upstreamOf(again.sessionId)).toMatchObject({ state: 'idle' });
  await again.post(request('call', 'tools/call', GREET));
  expect(await again.nextMessage(({ id }) => id === 'call')).toMatchObject(HELLO);
  expect([...tokens]).toEqual(['Bearer of-the-client']);
});

it('tells the client when the upstream of the next node fails, and tries again', async () => {
  const { listener } = v1Listener(() => v1McpServer(newJournal()));
  let isDown = false;
  const upstream = await serveHttp((req, res) => {
    if (isDown) res.writeHead(500).end();
    else listener(req, res);
  });
  const [from, to] = await nodes({ upstream: upstream.url });
  const client = await introduced(from);
  await client.request('logging/setLevel', { level: 'error' });
  isDown = true;
  const again = await handedOver(from, to, client);
  await eventually(() => to.upstream.stats().sessions.failed === 1);
  await again.post(request('one', 'tools/call', GREET));
  const failed = await again.nextMessage(({ id }) => id === 'one');
  expect(failed).toMatchObject({ error: { data: { hop: 'upstream', status: 500 } } });
  isDown = false;
  await again.post(request('two', 'tools/call', GREET));
  expect(await again.nextMessage(({ id }) => id === 'two')).toMatchObject(HELLO);
});
