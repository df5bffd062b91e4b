import { expect, it } from 'vitest';

import { expectStats } from '../support/expect-stats.js';
import { eventually } from '../support/eventually.js';
import { result } from '../support/messages.js';
import { newJournal } from '../support/sdk/tools.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { v2McpServer } from '../support/sdk/v2-servers.js';
import { serve } from '../support/serve.js';
import { openStalled } from '../support/stalled-client.js';
import { StreamClient } from '../support/stream-client.js';

it('[20] closes the session of a client that reads everything and answers no ping', async () => {
  const told: string[] = [];
  const { port, mcp } = await serve({
    keepAlive: { intervalMs: 40, ping: 'strict', timeoutMs: 80 },
    hooks: {
      onSessionClose: (_, reason) => told.push(`closed: ${reason}`),
      onError: ({ code }) => told.push(`error: ${code}`),
    },
  });
  const frozen = await openStalled(port);
  await eventually(() => mcp.stats().totals.opened === 1);
  await eventually(() => told.length === 2);
  expect(told).toEqual(['error: ping-timeout', 'closed: ping-timeout']);
  expect(mcp.sessions.size).toBe(0);
  // The connection is gone as well: it was destroyed, not ended.
  frozen.resume();
  await eventually(() => frozen.closed);
});

it('keeps the session of a client that has never answered a ping', async () => {
  const { url, mcp } = await serve({ keepAlive: { intervalMs: 20, ping: true, timeoutMs: 20 } });
  const client = await StreamClient.open(`${url}/sse`);
  for (let ping = 0; ping < 5; ping += 1) await client.nextMessage();
  expectStats(mcp, { sessions: 1, totals: { errors: {}, closed: {} } });
});

it('[20] closes the session of a client that no longer answers pings', async () => {
  const { url, mcp } = await serve({ keepAlive: { intervalMs: 40, ping: true, timeoutMs: 1_000 } });
  const client = await StreamClient.open(`${url}/sse`);
  const { id } = await client.nextMessage();
  await client.post(result(id));
  await client.end();
  expectStats(mcp, { sessions: 0, totals: { closed: { 'ping-timeout': 1 } } });
});

it('[9] is not detected by comments: they only keep proxies from closing the stream', async () => {
  const { url, mcp } = await serve({ keepAlive: { intervalMs: 40 } });
  const client = await StreamClient.open(`${url}/sse`);
  await eventually(() => client.comments.length >= 5);
  expect(new Set(client.comments)).toEqual(new Set(['keep-alive']));
  expect(client.events).toHaveLength(1);
  expect(mcp.sessions.size).toBe(1);
});

it('keeps the session of a client that answers its pings', async () => {
  const { url, mcp } = await serve({
    keepAlive: { intervalMs: 40, ping: true, timeoutMs: 2_000 },
  });
  const client = await StreamClient.open(`${url}/sse`);
  for (let ping = 0; ping < 4; ping += 1) {
    const { id, method } = await client.nextMessage();
    expect(method).toBe('ping');
    await client.post(result(id));
  }
  expect(client.comments).toEqual([]);
  expectStats(mcp, { sessions: 1, totals: { errors: {}, closed: {} } });
});

it.each([
  ['v1', connectV1],
  ['v2', connectV2],
])('gets answers from clients of SDK %s without code of theirs', async (_, connect) => {
  let pings = 0;
  const { url, mcp } = await serve({
    server: () => v2McpServer(newJournal()),
    keepAlive: { intervalMs: 40, ping: true, timeoutMs: 2_000 },
    hooks: {
      onSend(message) {
        if ('method' in message && message.method === 'ping') pings += 1;
      },
    },
  });
  const client = await connect(`${url}/sse`);
  await eventually(() => pings >= 4);
  expect(await client.call('greet')).toBe('Hello, nobody');
  expectStats(mcp, { sessions: 1, totals: { errors: {} } });
});

it('closes the session of a client that never initializes, but not of one that does', async () => {
  const { url, mcp } = await serve({ limits: { initializeTimeoutMs: 2_000 } });
  const mute = await StreamClient.open(`${url}/sse`);
  const client = await StreamClient.open(`${url}/sse`);
  await client.request('initialize', { protocolVersion: '2025-06-18' });
  await mute.end();
  expectStats(mcp, { sessions: 1, totals: { closed: { 'initialize-timeout': 1 } } });
  expect((await client.request('ping')).result).toEqual({});
});

it('closes an idle session, but not one with a running request', async () => {
  const { url, mcp } = await serve({
    limits: { idleTimeoutMs: 1_500 },
    handler: (message) => ('method' in message && message.method === 'run' ? forever : {}),
  });
  const idle = await StreamClient.open(`${url}/sse`);
  const busy = await StreamClient.open(`${url}/sse`);
  await busy.post({ jsonrpc: '2.0', id: 1, method: 'run' });
  await idle.end();
  expectStats(mcp, { sessions: 1, totals: { closed: { 'idle-timeout': 1 }, errors: {} } });
});

const forever = new Promise<never>(() => {});
