import { describe, expect, it } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { FETCHES, NEGOTIATED, onlySession, RESUMES } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

type Headers = Record<string, string>;

/** Everything that a client is sent which shows `onGet` with its GET and `onPosts` with its POSTs. */
async function wholeStream(onGet: Headers, onPosts: Headers, resume: McpSseOptions['resume'] = {}) {
  const closed: string[] = [];
  const { url, mcp } = await serve({
    handler: (message) =>
      'id' in message && 'method' in message ? { for: message.id } : undefined,
    resume,
    hooks: { onSessionClose: (_, reason) => closed.push(reason) },
  });
  const client = await StreamClient.open(`${url}/sse`, onGet);
  const { id } = onlySession(mcp);
  await client.post({ jsonrpc: '2.0', id: 0, method: 'initialize' });
  await client.nextMessage();
  await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, onPosts);
  await client.post({ jsonrpc: '2.0', id: 'a', method: 'tools/list' }, onPosts);
  await client.nextMessage();
  await mcp.send(id, { jsonrpc: '2.0', id: 7, method: 'ping' });
  await client.nextMessage();
  await client.post({ jsonrpc: '2.0', id: 7, result: {} }, onPosts);
  onlySession(mcp).keepAlive();
  await eventually(() => client.comments.length > 0);
  return { client, id, mcp, closed };
}

/** That stream as protocol 2024-11-05 has it. */
const plain = (id: string): string =>
  `event: endpoint\ndata: message?sessionId=${id}\n\n` +
  'event: message\ndata: {"jsonrpc":"2.0","id":0,"result":{"for":0}}\n\n' +
  'event: message\ndata: {"jsonrpc":"2.0","id":"a","result":{"for":"a"}}\n\n' +
  'event: message\ndata: {"jsonrpc":"2.0","id":7,"method":"ping"}\n\n' +
  ': keep-alive\n';

/** It fetches its stream like anything else, and tells its version with each request. */
const AI_SDK = { 'Sec-Fetch-Mode': 'cors' };

const unable: [string, Headers, Headers][] = [
  ['shows nothing of itself', {}, {}],
  ['tells its protocol version, but does not fetch', {}, NEGOTIATED],
  ['fetches, but does not tell its protocol version, as SDK clients before 1.13', FETCHES, {}],
  ["is no EventSource, as the AI SDK's client", { ...AI_SDK, ...NEGOTIATED }, NEGOTIATED],
];

describe.each(unable)('a client that %s', (_, onGet, onPosts) => {
  it('gets the stream of 2024-11-05, byte for byte', async () => {
    const { client, id } = await wholeStream(onGet, onPosts);
    expect(client.text).toBe(plain(id));
  });

  it('loses its session with its stream, at once', async () => {
    const { client, mcp, closed } = await wholeStream(onGet, onPosts);
    client.drop();
    await eventually(() => mcp.sessions.size === 0);
    expect(closed).toEqual(['client-disconnected']);
    expect(mcp.stats().detached).toBe(0);
  });

  it('gets nothing special when its session ends', async () => {
    const { client, id, mcp } = await wholeStream(onGet, onPosts);
    await mcp.closeSessions();
    await client.end();
    expect(client.text).toBe(plain(id));
  });
});

const able: [string, Headers, Headers][] = [
  ['asks to resume', RESUMES, {}],
  ['is a browser', { ...FETCHES, 'Sec-Fetch-Site': 'same-origin' }, {}],
  ['is an SDK client from 1.13 on', FETCHES, NEGOTIATED],
];

it.each(able)(
  'gives the plain stream to a client that %s if resume is off',
  async (_, get, posts) => {
    const { client, id, mcp } = await wholeStream(get, posts, false);
    expect(client.text).toBe(plain(id));
    client.drop();
    await eventually(() => mcp.sessions.size === 0);
  },
);

it('gives the plain stream to an SDK client if probes are off', async () => {
  const { client, id } = await wholeStream(FETCHES, NEGOTIATED, { probeTimeoutMs: false });
  expect(client.text).toBe(plain(id));
});

it('ignores a Last-Event-ID if resume is off: it may be from another server', async () => {
  const { url, mcp } = await serve({ resume: false });
  const client = await StreamClient.open(`${url}/sse`, { 'Last-Event-ID': 'whatever' });
  expect(client.text).toBe(`event: endpoint\ndata: message?sessionId=${onlySession(mcp).id}\n\n`);
});
