import { describe, expect, it } from 'vitest';

import type { McpSseRouter } from '../../lib/index.js';
import type { LiveSession } from '../../lib/session/live-session.js';
import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import { lastId, openWithIds } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { discovered, endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const MIB = 1024 * 1024;
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const clusterOf = (mcp: McpSseRouter) => mcp.stats().cluster!;

it('holds a bounded number of bytes for a frozen node, and serves the others', async () => {
  const adapter = new FaultyAdapter();
  const [owner, stopped] = await serveTwo({}, adapter);
  const third = await serve({ adapter });
  await discovered([owner, stopped, third]);
  const elsewhere = await StreamClient.open(`${third.url}/sse`);
  for (let n = 0; n < 30; n += 1) {
    const client = await openWithIds(`${owner.url}/sse`);
    await StreamClient.open(`${stopped.url}/sse`, { 'Last-Event-ID': lastId(client) });
  }
  await eventually(() => clusterOf(owner.mcp).streamsExported === 30);
  adapter.partitioned.add(clusterOf(stopped.mcp).node);
  const text = 'x'.repeat(2 * MIB);
  for (const session of owner.mcp.sessions) void session.notify('large', { text });
  await eventually(() => clusterOf(owner.mcp).streamsExported < 30);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(clusterOf(owner.mcp).queuedBytes).toBeGreaterThan(8 * MIB);
  expect(clusterOf(owner.mcp).queuedBytes).toBeLessThan(20 * MIB);
  // Their sessions go on, and keep what was not read.
  const states = [...owner.mcp.sessions].map((s) => (s as unknown as LiveSession).state);
  expect(new Set(states)).toEqual(new Set(['open', 'detached']));
  expect((await post(endpointAt(owner, elsewhere), ping)).status).toBe(202);
  await eventually(() => clusterOf(owner.mcp).queuedBytes === 0, 'the end');
  expect(owner.mcp.sessions.size).toBe(30);
}, 60_000);

describe('the queue for a node', () => {
  it('is empty once that node is known to be gone', async () => {
    const adapter = new FaultyAdapter();
    const [owner, other] = await serveTwo({ resume: { trackCalls: false } }, adapter);
    const client = await StreamClient.open(`${owner.url}/sse`);
    adapter.dead.add(clusterOf(owner.mcp).node);
    const body = { ...ping, params: { text: 'x'.repeat(MIB) } };
    const posts = Promise.all(
      Array.from({ length: 10 }, () => post(endpointAt(other, client), body)),
    );
    await eventually(() => clusterOf(other.mcp).queuedBytes > 5 * MIB);
    const statuses = (await posts).map(({ status }) => status);
    // What was handed to the adapter before it said that nobody listens may have arrived.
    expect(new Set(statuses)).toEqual(new Set([503, 504]));
    expect(statuses.filter((status) => status === 504).length).toBeLessThan(3);
    expect(clusterOf(other.mcp).queuedBytes).toBe(0);
    // And stays so.
    expect((await post(endpointAt(other, client), body)).status).toBe(503);
    expect(clusterOf(other.mcp)).toMatchObject({ queuedBytes: 0, requestsSent: 10 });
  }, 60_000);

  it('is empty and works after requests were withdrawn during an outage', async () => {
    const adapter = new FaultyAdapter();
    const [owner, other] = await serveTwo({}, adapter);
    const client = await StreamClient.open(`${owner.url}/sse`);
    adapter.goDown();
    const sends = Array.from({ length: 140_000 }, () =>
      other.mcp.send(client.sessionId, { jsonrpc: '2.0', method: 'm' }),
    );
    const outcomes = await Promise.allSettled(sends);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(clusterOf(other.mcp).queuedBytes).toBe(0);
    adapter.comeBack();
    await discovered([owner, other]);
    expect((await post(endpointAt(other, client), ping)).status).toBe(202);
    await client.nextMessage(({ id }) => id === 1);
    expect(client.messages).toHaveLength(1);
  }, 300_000);
});
