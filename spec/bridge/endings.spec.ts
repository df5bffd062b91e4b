import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { lastingPort } from '../support/lasting-port.js';
import { StreamClient } from '../support/stream-client.js';
import { bridged } from './bridged.js';
import { json, noTools, scripted, type Body } from './scripted.js';
import { serveHttp } from './upstreams.js';

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
};

it.each(['legacy', 'modern', 'auto'] as const)(
  'does not wait for the handshake of an upstream that hangs when its session ends: %s',
  async (era) => {
    const upstream = await serveHttp(() => undefined);
    const { served, server } = await bridged(upstream.url, { era, closeTimeoutMs: 300 });
    const client = await StreamClient.open(`${served.url}/sse`);
    await client.post({ jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE });
    await eventually(() => upstream.requests.length === 1);
    client.drop();
    await eventually(() => served.mcp.sessions.size === 0);
    // The deadline of the spec is shorter than that of the handshake.
    await server.close();
    expect(Object.values(server.stats().sessions)).toEqual([0, 0, 0, 0, 0, 0]);
  },
);

it('does not wait for a program that hangs at its start when its session ends', async () => {
  const code = 'process.stdin.resume(); setInterval(() => 0, 60_000)';
  const command = { command: process.execPath, args: ['-e', code] };
  const { served, server } = await bridged(command, { closeTimeoutMs: 400 });
  const client = await StreamClient.open(`${served.url}/sse`);
  await client.post({ jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE });
  await eventually(() => server.stats().processes === 1);
  client.drop();
  await eventually(() => server.stats().processes === 0);
});

it('does not wait for an upstream that hangs while the bridge reconnects', async () => {
  const port = await lastingPort();
  const first = await scripted(noTools, { port });
  const { client, connect, server } = await bridged(first.url, { closeTimeoutMs: 300 });
  await connect();
  await first.kill();
  const next = await serveHttp((req, res) => {
    if (req.headers['mcp-session-id'] !== undefined) res.writeHead(404).end();
  }, port);
  const call = client.listTools().catch(() => 'told');
  const initialized = () => next.requests.some(({ headers }) => !headers['mcp-session-id']);
  await eventually(initialized);
  await server.close();
  await client.close();
  expect(await call).toBe('told');
});

it('closes an upstream that opens only after its session has ended', async () => {
  const requests: string[] = [];
  const begun: (() => void)[] = [];
  const upstream = await serveHttp((req, res) => {
    requests.push(req.method ?? '');
    if (req.method !== 'POST') return void res.writeHead(200).end();
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      const { id } = JSON.parse(text) as Body;
      const serverInfo = { name: 'slow', version: '1' };
      begun.push(() => {
        res.setHeader('mcp-session-id', 'one');
        json(res, id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo });
      });
    });
  });
  const { served, server } = await bridged(upstream.url);
  const client = await StreamClient.open(`${served.url}/sse`);
  await client.post({ jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE });
  await eventually(() => begun.length === 1);
  const closed = server.close();
  begun[0]!();
  await closed;
  expect(requests).toContain('DELETE');
});
