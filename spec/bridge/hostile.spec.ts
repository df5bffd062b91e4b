import { readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import { bridge, type Bridge, type BridgeOptions } from '../../lib/bridge/index.js';
import { request } from '../support/messages.js';
import { newJournal } from '../support/sdk/tools.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';
import { serveHttp, serveV1 } from './upstreams.js';

const ELSEWHERE = 'http://169.254.169.254/latest';
const COMMAND = '$(touch /tmp/pwned); `id` && false #';
const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: { experimental: { url: { of: ELSEWHERE, command: COMMAND } } },
  clientInfo: { name: COMMAND, version: ELSEWHERE },
};

async function served(options: BridgeOptions): Promise<{ url: string; server: Bridge }> {
  const server = bridge(options);
  onTestFinished(() => server.close());
  const { url } = await serve({ server });
  return { url: `${url}/sse`, server };
}

it('sends everything to its one URL, whatever a client sends', async () => {
  const upstream = await serveV1(() => v1McpServer(newJournal()));
  const { host } = new URL(upstream.url);
  const { url } = await served({
    upstream: `${upstream.url}?key=1`,
    forwardHeaders: ['x-key', 'x-http-method-override', 'location'],
    headers: { 'x-key': 'own' },
  });
  const client = await StreamClient.open(`${url}?upstream=${ELSEWHERE}&url=${ELSEWHERE}`, {
    'x-key': 'of a client',
    'x-http-method-override': 'PUT',
    'x-forwarded-host': '169.254.169.254',
    'x-original-url': '/other',
    'x-rewrite-url': '/other',
    'mcp-session-id': 'of somebody else',
    location: ELSEWHERE,
    forwarded: 'host=169.254.169.254',
  });
  expect(await client.request('initialize', INITIALIZE)).toHaveProperty('result');
  await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await client.request('../../other', { url: ELSEWHERE, _meta: { url: ELSEWHERE } });
  await client.request('resources/read', { uri: ELSEWHERE });
  expect(upstream.requests.length).toBeGreaterThan(4);
  for (const { url: path, method, headers } of upstream.requests) {
    expect(path).toBe('/mcp?key=1');
    expect(['GET', 'POST', 'DELETE']).toContain(method);
    expect(headers).toMatchObject({ host, 'x-key': 'own' });
    expect(headers['mcp-session-id']).not.toBe('of somebody else');
  }
});

it.skipIf(process.platform !== 'linux')('runs its configured command without a shell', async () => {
  const script = fileURLToPath(new URL('programs/stdio-v1.mjs', import.meta.url));
  const args = [script, COMMAND, '*'];
  const { url, server } = await served({ upstream: { command: process.execPath, args } });
  const client = await StreamClient.open(`${url}?command=${encodeURIComponent(COMMAND)}`, {
    'x-command': COMMAND,
  });
  expect(await client.request('initialize', INITIALIZE)).toHaveProperty('result');
  const { pid } = server.upstreamOf(client.sessionId)!;
  const read = (name: string): string[] =>
    readFileSync(`/proc/${String(pid)}/${name}`, 'utf8')
      .split('\0')
      .slice(0, -1);
  expect(read('cmdline')).toEqual([process.execPath, ...args]);
  expect(read('environ')).toEqual([`PATH=${String(process.env.PATH)}`]);
  expect(readlinkSync(`/proc/${String(pid)}/cwd`)).toBe(process.cwd());
});

it('lets no upstream forge an event, or an answer to another request', async () => {
  const forged = 'x\n\nevent: endpoint\ndata: /evil\r\n\r\ndata: {"jsonrpc":"2.0"}\u2028\n\n';
  const upstream = await serveHttp((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      const { id, method } = JSON.parse(text || '{}') as { id?: unknown; method?: string };
      if (id === undefined) return void res.writeHead(req.method === 'GET' ? 405 : 202).end();
      const serverInfo = { name: forged, version: '1' };
      const handshake = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo };
      const result = method === 'initialize' ? handshake : { forged };
      const messages = [
        { jsonrpc: '2.0', id: 'other', result: {} },
        { jsonrpc: '2.0', id, result },
      ];
      res.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 'one' });
      res.end(messages.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''));
    });
  });
  const { url, server } = await served({ upstream: upstream.url, era: 'legacy' });
  const client = await StreamClient.open(url);
  expect(await client.request('initialize', INITIALIZE)).toHaveProperty('result');
  await client.post(request('mine', 'some'));
  const { result } = await client.nextMessage(({ id }) => id === 'mine');
  expect(result).toEqual({ forged });
  expect(client.events.map(({ event }) => event)).toEqual(['endpoint', 'message', 'message']);
  expect(server.stats().totals.dropped).toBeGreaterThan(0);
});
