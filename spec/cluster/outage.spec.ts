import { describe, expect, it } from 'vitest';

import type { Request } from 'express';
import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import {
  lastId,
  numbers,
  onlySession,
  openWithIds,
  sendNumbers,
} from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { discovered, endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

describe('while the adapter is out of reach', () => {
  it('serves its own sessions, and others again when it is back', async () => {
    const adapter = new FaultyAdapter();
    const errors: string[] = [];
    const hooks = { onError: ({ code }: { code: string }) => errors.push(code) };
    const [owner, other] = await serveTwo({ hooks }, adapter);
    const client = await StreamClient.open(`${owner.url}/sse`);
    adapter.goDown();
    expect(await client.request('ping')).toMatchObject({ result: {} });
    const waiting = post(endpointAt(other, client), { ...ping, id: 99 });
    const another = await StreamClient.open(`${other.url}/sse`);
    expect(await another.request('ping')).toMatchObject({ result: {} });
    expect(other.mcp.stats().cluster?.up).toBe(false);
    adapter.comeBack();
    expect((await waiting).status).toBe(202);
    await client.nextMessage(({ id }) => id === 99);
    // Once for each node, not once for each frame.
    expect(errors).toEqual(['adapter-unavailable', 'adapter-unavailable']);
  });

  it.each<[string, (adapter: FaultyAdapter, down: boolean) => void]>([
    ['is out of reach', (adapter, down) => (down ? adapter.goDown() : adapter.comeBack())],
    ['sends nothing', (adapter, down) => (adapter.refuses = down)],
  ])(
    'answers 503 for a request that was not sent, and never sends it later: the adapter %s',
    async (_, set) => {
      const adapter = new FaultyAdapter();
      const received: unknown[] = [];
      const handler = (message: unknown) => void received.push(message);
      const [owner, other] = await serveTwo({ handler }, adapter);
      const client = await StreamClient.open(`${owner.url}/sse`);
      set(adapter, true);
      const { status, body, headers } = await post(endpointAt(other, client), ping);
      expect(status).toBe(503);
      expect(headers['retry-after']).toBe('1');
      expect(JSON.parse(body)).toMatchObject({ id: null, error: { code: -32000 } });
      set(adapter, false);
      await discovered([owner, other]);
      await post(endpointAt(other, client), { ...ping, id: 2 });
      expect(received).toMatchObject([{ id: 2 }]);
    },
    60_000,
  );

  it('tells a returning client to try again, and then gives it its session', async () => {
    const adapter = new FaultyAdapter();
    const [owner, other] = await serveTwo({}, adapter);
    const client = await openWithIds(`${owner.url}/sse`);
    const session = onlySession(owner.mcp);
    client.drop();
    await eventually(() => session.state === 'detached');
    adapter.goDown();
    const headers = { 'Last-Event-ID': lastId(client) };
    const told = await StreamClient.begin(`${other.url}/sse`, headers);
    await told.end(20_000);
    expect(told.status).toBe(200);
    expect(told.text).toMatch(/^retry: \d+\n\n$/);
    adapter.comeBack();
    const again = await StreamClient.open(`${other.url}/sse`, headers);
    expect(again.sessionId).toBe(session.id);
  }, 60_000);

  it('keeps streams through a short outage, and ends them in a long one', async () => {
    const adapter = new FaultyAdapter();
    const [owner, other] = await serveTwo({}, adapter);
    const client = await openWithIds(`${owner.url}/sse`);
    const session = onlySession(owner.mcp);
    const again = await StreamClient.open(`${other.url}/sse`, { 'Last-Event-ID': lastId(client) });
    adapter.goDown();
    await sendNumbers(session, 1, 20);
    adapter.comeBack();
    await eventually(() => numbers(again).length === 20);
    adapter.goDown();
    await sendNumbers(session, 21, 40);
    await again.end(20_000);
    await eventually(() => session.state === 'detached', 'the end at the owner');
    const back = await StreamClient.open(`${owner.url}/sse`, { 'Last-Event-ID': lastId(again) });
    await eventually(() => numbers(back).length === 20);
    expect([...numbers(again), ...numbers(back)]).toEqual(
      Array.from({ length: 40 }, (_, n) => n + 1),
    );
  }, 60_000);
});

it('joins as soon as the adapter is in reach, if it was not at the start', async () => {
  const adapter = new FaultyAdapter();
  adapter.goDown();
  const errors: string[] = [];
  const hooks = { onError: ({ code }: { code: string }) => errors.push(code) };
  const one = await serve({ adapter: adapter, hooks });
  const other = await serve({ adapter: adapter, hooks });
  const client = await StreamClient.open(`${one.url}/sse`);
  expect(await client.request('ping')).toMatchObject({ result: {} });
  await eventually(() => errors.length === 2);
  adapter.comeBack();
  await discovered([one, other]);
  expect((await post(endpointAt(other, client), { ...ping, id: 77 })).status).toBe(202);
  await client.nextMessage(({ id }) => id === 77);
  expect(errors).toEqual(['adapter-unavailable', 'adapter-unavailable']);
});

it('answers 504 for a request that was sent but not answered, and delivers it once anyway', async () => {
  const adapter = new FaultyAdapter();
  const received: unknown[] = [];
  const handler = (message: unknown) => void received.push(message);
  const [owner, other] = await serveTwo({ handler }, adapter);
  const client = await StreamClient.open(`${owner.url}/sse`);
  adapter.losses = { lost: 1, repeated: 0, late: 0 };
  const { status, body } = await post(endpointAt(other, client), ping);
  expect(status).toBe(504);
  expect(JSON.parse(body)).toMatchObject({ id: null, error: { code: -32000 } });
  adapter.losses = { lost: 0, repeated: 0, late: 0 };
  await discovered([owner, other]);
  expect((await post(endpointAt(other, client), { ...ping, id: 2 })).status).toBe(202);
  expect(received).toHaveLength(new Set(received.map((message) => JSON.stringify(message))).size);
}, 60_000);

it('opens a new session if the others do not find a resume key in time', async () => {
  const adapter = new FaultyAdapter();
  const resume = { key: (req: Request) => req.headers['x-key']?.toString(), trackCalls: false };
  const [owner, other] = await serveTwo({ resume }, adapter);
  adapter.partitioned.add(owner.mcp.stats().cluster!.node);
  const began = performance.now();
  await StreamClient.open(`${other.url}/sse`, { 'X-Key': 'k' });
  // Any other question is given up after eight seconds.
  expect(performance.now() - began).toBeLessThan(7_500);
  // Whose the key is, and whose calls are kept: once each.
  expect(other.mcp.stats().cluster?.requestsSent).toBe(2);
  expect([owner.mcp.sessions.size, other.mcp.sessions.size]).toEqual([0, 1]);
}, 60_000);
