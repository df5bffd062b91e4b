import { expect, it } from 'vitest';

import { mcpSse, type McpSseOptions, type Session } from '../../lib/index.js';
import { expectStats } from '../support/expect-stats.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { hanging } from '../support/failing.js';
import { notification, request, result } from '../support/messages.js';
import { outcomeOf } from '../support/outcome.js';
import { serve } from '../support/serve.js';
import { openStalled } from '../support/stalled-client.js';
import { StreamClient } from '../support/stream-client.js';

it('[33] lets running requests finish, delivers their answers, then ends the streams', async () => {
  const gate = deferred();
  const reasons: string[] = [];
  const { url, mcp } = await serve({
    handler: () => gate.promise,
    hooks: { onSessionClose: (_, reason) => reasons.push(reason) },
  });
  const [busy, idle] = [
    await StreamClient.open(`${url}/sse`),
    await StreamClient.open(`${url}/sse`),
  ];
  await busy.post([request(1), request(2)]);
  const closing = outcomeOf(mcp.close());
  await idle.end();
  expect(busy.ended).toBe(false);
  expect(closing.state).toBe('pending');
  gate.resolve();
  await busy.end();
  expect(busy.messages).toEqual([result(1), result(2)]);
  await eventually(() => closing.state === 'resolved');
  expect(reasons).toEqual(['shutdown', 'shutdown']);
  expectStats(mcp, { sessions: 0, totals: { discarded: 0, errors: {} } });
});

it('[33] gives up requests that do not finish by its deadline', async () => {
  const { url, mcp } = await serve({ handler: hanging });
  const client = await StreamClient.open(`${url}/sse`);
  await client.post(request(1));
  await mcp.close({ timeoutMs: 50 });
  await client.end();
  const error = { code: -32010, data: { mayHaveRun: true } };
  expect(client.messages).toMatchObject([{ id: 1, error }]);
  expectStats(mcp, { sessions: 0, totals: { discarded: 0, closed: { shutdown: 1 } } });
});

it('refuses new streams and requests while it drains, and says when to come back', async () => {
  const gate = deferred();
  const { url, mcp } = await serve({ handler: () => gate.promise });
  const client = await StreamClient.open(`${url}/sse`);
  await client.post(request(1));
  const closing = mcp.close();
  const late = await StreamClient.open(`${url}/sse`);
  expect(late.status).toBe(503);
  expect(late.headers['retry-after']).toBe('1');
  const refused = await client.post(request(2));
  expect(refused.status).toBe(503);
  expect(refused.headers['retry-after']).toBe('1');
  expect(JSON.parse(refused.body).error.code).toBe(-32000);
  gate.resolve();
  await closing;
  await client.end();
  expect(client.messages).toEqual([result(1)]);
});

it('accepts messages of the client that a running request needs while it drains', async () => {
  const { url, mcp } = await serve({
    handler: async (message, { session }) =>
      'id' in message ? session.request('roots/list') : undefined,
  });
  const client = await StreamClient.open(`${url}/sse`);
  await client.post(request(1));
  const { id } = await client.nextMessage();
  const closing = mcp.close();
  expect((await client.post(notification('notifications/progress'))).status).toBe(202);
  expect((await client.post(result(id, { roots: [] }))).status).toBe(202);
  await closing;
  await client.end();
  expect(client.messages.at(-1)).toEqual(result(1, { roots: [] }));
});

/** Resolves after so many microtasks. */
async function hops(count: number): Promise<void> {
  for (let hop = 0; hop < count; hop += 1) await Promise.resolve();
}

// Kills: any await between the look at the shutdown and the entry into the registry.
it('[34] leaves no session behind, at whatever point of its opening a GET meets the shutdown', async () => {
  const statuses = new Set<number>();
  for (let count = 0; count < 25; count += 1) {
    const arrived = deferred();
    const gate = deferred();
    const { url, mcp } = await serve({
      hooks: {
        onConnect() {
          arrived.resolve();
          return gate.promise;
        },
      },
    });
    const opening = StreamClient.open(`${url}/sse`).catch(() => undefined);
    await arrived.promise;
    gate.resolve();
    await hops(count);
    await mcp.close({ timeoutMs: 1_000 });
    const client = await opening;
    if (client) statuses.add(client.status);
    const {
      sessions,
      totals: { opened },
    } = mcp.stats();
    expect(sessions, `a session left after ${count} hops`).toBe(0);
    expect(client?.status, `${count} hops`).toBe(opened === 1 ? 200 : 503);
  }
  // The sweep has been on both sides of the decision.
  expect(statuses).toEqual(new Set([200, 503]));
});

// Kills: a shutdown that closes only those sessions that it found when it began.
it('[34] ends all streams of many clients that arrive while it shuts down', async () => {
  const balance = { opened: 0, closed: 0 };
  const { url, mcp } = await serve({
    hooks: {
      onConnect: () => new Promise<void>((resolve) => setImmediate(resolve)),
      onSessionOpen: () => (balance.opened += 1),
      onSessionClose: () => (balance.closed += 1),
    },
  });
  const crowd = Array.from({ length: 60 }, () => StreamClient.open(`${url}/sse`));
  await eventually(() => balance.opened >= 5);
  await mcp.close({ timeoutMs: 1_000 });
  expect(mcp.sessions.size).toBe(0);
  const outcomes = await Promise.allSettled(crowd);
  const refused = outcomes.filter(
    (each) => each.status === 'fulfilled' && each.value.status === 503,
  );
  expect(mcp.sessions.size).toBe(0);
  expect(balance.closed).toBe(balance.opened);
  expect(balance.opened + refused.length).toBe(60);
});

it('[35] cuts off a stalled client at its deadline, and reports the loss', async () => {
  const told: string[] = [];
  const { port, mcp } = await serve({
    hooks: {
      onSessionClose: (_, reason) => told.push(`closed: ${reason}`),
      onError: ({ code }) => told.push(`error: ${code}`),
    },
  });
  const stalled = await openStalled(port);
  await eventually(() => mcp.sessions.size === 1);
  const [session] = mcp.sessions;
  void session!.notify('stuck', { text: 'x'.repeat(12_000_000) });
  await eventually(() => session!.bufferedBytes === 0);
  await mcp.close({ timeoutMs: 80 });
  expect(told).toEqual(['closed: shutdown', 'error: write-timeout']);
  stalled.resume();
  await eventually(() => stalled.closed);
});

it('[35] shuts down once, however often it is called', async () => {
  const gate = deferred();
  const { url, mcp } = await serve({ handler: () => gate.promise });
  const client = await StreamClient.open(`${url}/sse`);
  await client.post(request(1));
  const calls = [mcp.close(), mcp.close({ timeoutMs: 1 }), mcp.close()].map(outcomeOf);
  await eventually(() => mcp.stats().inFlight === 1);
  expect(calls.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending']);
  gate.resolve();
  await eventually(() => calls.every(({ state }) => state === 'resolved'));
  await mcp.close();
  expect(mcp.stats().totals.closed).toEqual({ shutdown: 1 });
});

it('[35] resolves at once before the server listens', async () => {
  const mcp = mcpSse();
  await mcp.close();
  await mcp.closeSessions();
  expectStats(mcp, { sessions: 0, totals: { opened: 0 } });
});

it.each<[string, (close: () => Promise<void>) => McpSseOptions]>([
  ['onSessionOpen', (close) => ({ hooks: { onSessionOpen: close } })],
  ['onReceive', (close) => ({ hooks: { onReceive: close } })],
  ['onSend', (close) => ({ hooks: { onSend: close } })],
  ['onSessionClose', (close) => ({ hooks: { onSessionClose: close } })],
  ['a handler', (close) => ({ handler: close })],
])('[35] ends even if %s awaits it', async (_, options) => {
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= mcp.close({ timeoutMs: 50 }));
  const { url, mcp } = await serve({ ...options(close), limits: { hookTimeoutMs: 100 } });
  const client = await StreamClient.open(`${url}/sse`).catch(() => undefined);
  await client?.post(request(1, 'ping')).catch(() => undefined);
  client?.drop();
  await eventually(() => closing !== undefined);
  await closing;
  expect(mcp.sessions.size).toBe(0);
});

it('waits for slow close hooks up to its deadline', async () => {
  const gate = deferred();
  let done = false;
  const { url, mcp } = await serve({
    hooks: {
      async onSessionClose() {
        await gate.promise;
        done = true;
      },
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  const closing = outcomeOf(mcp.close());
  await client.end();
  expect(closing.state).toBe('pending');
  gate.resolve();
  await eventually(() => closing.state === 'resolved');
  expect(done).toBe(true);
});

it('closes all sessions for a reason, and keeps serving', async () => {
  const reasons: string[] = [];
  const { url, mcp } = await serve({
    hooks: { onSessionClose: (_, reason) => reasons.push(reason) },
  });
  const clients = [await StreamClient.open(`${url}/sse`), await StreamClient.open(`${url}/sse`)];
  const sessions: Session[] = [...mcp.sessions];
  for (const session of sessions) void session.notify('last');
  await mcp.closeSessions('maintenance');
  for (const client of clients) {
    await client.end();
    expect(client.messages).toEqual([notification('last')]);
  }
  expect(sessions.map(({ state }) => state)).toEqual(['closed', 'closed']);
  const again = await StreamClient.open(`${url}/sse`);
  expect((await again.request('ping')).result).toEqual({});
  await mcp.closeSessions();
  expect(reasons).toEqual(['maintenance', 'maintenance', 'server-closed']);
});
