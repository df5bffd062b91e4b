import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ProtocolError, type Client } from '@modelcontextprotocol/client';
import { expect, it, onTestFinished } from 'vitest';

import { lastingPort } from '../support/lasting-port.js';
import { IDENTITY } from '../support/sdk/clients.js';
import { StreamClient } from '../support/stream-client.js';
import { bridged, greet } from './bridged.js';
import { serveHttp } from './upstreams.js';

const MODERN = { era: 'modern', closeTimeoutMs: 300 } as const;

it('says that an upstream of 2026 cannot be reached, and has seen nothing', async () => {
  const to = await bridged(`http://127.0.0.1:${await lastingPort()}/mcp`, MODERN);
  expect(await to.failure()).toMatchObject({
    data: { hop: 'upstream', reason: 'unreachable', outcome: 'not-done' },
  });
  expect(to.errors).toMatchObject([{ reason: 'unreachable', sent: false }]);
});

it.each([401, 403, 500, 503])('says that it refuses with %d', async (status) => {
  const upstream = await serveHttp((_req, res) => res.writeHead(status).end());
  const to = await bridged(upstream.url, MODERN);
  expect(await to.failure()).toMatchObject({
    data: { hop: 'upstream', reason: 'refused', outcome: 'not-done', status },
  });
});

it.each([
  ['hangs', () => undefined, 'timeout'],
  [
    'cuts the connection',
    (req: { socket: { destroy(): unknown } }) => req.socket.destroy(),
    'closed',
  ],
])('says that it %s', async (_, answer, reason) => {
  // Who cuts has cut by then, on a slow machine, too.
  const connectTimeoutMs = reason === 'timeout' ? 1_000 : 30_000;
  const to = await bridged((await serveHttp(answer)).url, { ...MODERN, connectTimeoutMs });
  expect(await to.failure()).toMatchObject({ data: { hop: 'upstream', reason } });
});

it('says that it answers what is no message', async () => {
  const upstream = await serveHttp((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json' }).end('{');
  });
  const to = await bridged(upstream.url, MODERN);
  expect(await to.failure()).toMatchObject({ data: { reason: 'invalid-answer' } });
});

it('says how a program of 2026 has ended', async () => {
  const upstream = { command: process.execPath, args: ['-e', 'process.exit(3)'] };
  expect(await (await bridged(upstream, MODERN)).failure()).toMatchObject({
    message: 'The process of the upstream ended with code 3',
    data: { hop: 'upstream', reason: 'closed' },
  });
});

/** A program of 2026 that is replaced by another one. */
function replaceable() {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'server.mjs');
  const become = (text: string): void => writeFileSync(file, text);
  const server = new URL('programs/stdio-modern.mjs', import.meta.url).href;
  become(`import ${JSON.stringify(server)};`);
  return { upstream: { command: process.execPath, args: [file] }, become };
}

/** How calls fail, one after the other. */
async function* failuresOf(client: Client) {
  for (;;) {
    const error: unknown = await greet(client).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProtocolError);
    const { data, message } = error as ProtocolError;
    yield { data: data as Record<string, unknown>, message };
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

it('says which hop failed and why when a program of 2026 cannot be started again', async () => {
  const { upstream, become } = replaceable();
  const to = await bridged(upstream, MODERN);
  await to.connect();
  expect(await greet(to.client)).toBe('Hello, Ann');
  become('process.exit(7)');
  const ran = to.client.callTool({ name: 'crash', arguments: {} });
  await expect(ran).rejects.toMatchObject({
    message: 'The process of the upstream ended with code 3',
    data: { hop: 'upstream', reason: 'closed', outcome: 'unknown' },
  });
  const ended = { hop: 'upstream', reason: 'closed', outcome: 'not-done' };
  for await (const { data, message } of failuresOf(to.client)) {
    expect(data).toEqual(ended);
    // First it is too early for another process, then that one ends as well.
    expect(message).toMatch(/^The process of the upstream ended with code [37]$/);
    if (message.endsWith('7')) break;
  }
  expect(to.errors.map(({ sent }) => sent).lastIndexOf(true)).toBe(0);
});

it('says that a program of 2026 refuses when it is started again', async () => {
  const { upstream, become } = replaceable();
  const to = await bridged(upstream, MODERN);
  await to.connect();
  const answer = `{ jsonrpc: '2.0', id: JSON.parse(line).id, error: { code: -32055, message: 'No' } }`;
  become(`import { createInterface } from 'node:readline';
    createInterface(process.stdin).on('line', (line) => console.log(JSON.stringify(${answer})));`);
  await to.client.callTool({ name: 'crash', arguments: {} }).catch(() => undefined);
  for await (const { data } of failuresOf(to.client)) {
    expect(data).toMatchObject({ hop: 'upstream', outcome: 'not-done' });
    if (data.reason === 'invalid-answer') break;
  }
});

it.each(['auto', 'legacy', 'modern'] as const)(
  'says that what waited for the first connection was not done: %s',
  async (era) => {
    const upstream = await serveHttp((req) => req.socket.destroy());
    const { served } = await bridged(upstream.url, { ...MODERN, era });
    const client = await StreamClient.open(`${served.url}/sse`);
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: IDENTITY };
    await client.post({ jsonrpc: '2.0', id: 'first', method: 'initialize', params });
    await client.post({ jsonrpc: '2.0', id: 'early', method: 'tools/list' });
    expect(await client.nextMessage()).toMatchObject({
      id: 'first',
      error: { data: { reason: 'closed' } },
    });
    expect(await client.nextMessage()).toMatchObject({
      id: 'early',
      error: { data: { hop: 'upstream', reason: 'closed', outcome: 'not-done' } },
    });
  },
);

it.each(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])(
  'says that it kept silent for longer than `fetch` waits: %s',
  async (code) => {
    const cause = Object.assign(new Error('Timeout'), { code });
    const fail = () => Promise.reject(new TypeError('fetch failed', { cause }));
    const to = await bridged('http://127.0.0.1:1/mcp', { ...MODERN, fetch: fail });
    expect(await to.failure()).toMatchObject({ data: { hop: 'upstream', reason: 'timeout' } });
  },
);

it('says that nothing was sent to a port that `fetch` never connects to', async () => {
  const to = await bridged('http://127.0.0.1:9/mcp', { ...MODERN, era: 'auto' });
  expect(await to.failure()).toMatchObject({
    data: { hop: 'upstream', reason: 'unreachable', outcome: 'not-done' },
  });
});
