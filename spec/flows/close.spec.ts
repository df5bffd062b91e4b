import { expect, it } from 'vitest';

import type { HandlerContext, McpSseHooks, McpSseRouter, Session } from '../../lib/index.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { throwing } from '../support/failing.js';
import { notification, request, result } from '../support/messages.js';
import { outcomeOf } from '../support/outcome.js';
import { serve } from '../support/serve.js';
import { openStalled } from '../support/stalled-client.js';
import { StreamClient } from '../support/stream-client.js';

/** Everything that may end a session, and the reason it gives when it is the first. */
const ENDS: Record<string, (session: Session, mcp: McpSseRouter) => void> = {
  api: (session) => session.close('api'),
  'server-closed': (_, mcp) => void mcp.closeSessions(),
  // More than the bound, without a round of the loop in which it could be written.
  'buffer-overflow': (session) => {
    for (let n = 0; n < 4; n += 1) void session.notify('flood', { text: 'x'.repeat(60_000) });
  },
};

const orders = permutations(Object.keys(ENDS));

// Kills: a close that does not check whether another came before it.
it.each(orders)(
  '[31] ends once when %s, %s and %s coincide, with the first reason',
  async (...order) => {
    const reasons: string[] = [];
    const { url, mcp } = await serve({
      limits: { maxBufferedBytes: 100_000 },
      hooks: { onSessionClose: (_, reason) => reasons.push(reason) },
    });
    const client = await StreamClient.open(`${url}/sse`);
    const session = mcp.sessions.get(client.sessionId)!;
    let aborts = 0;
    session.signal.addEventListener('abort', () => (aborts += 1));
    client.drop();
    for (const end of order) ENDS[end]!(session, mcp);
    await mcp.close();
    await client.end();
    expect(reasons).toEqual([order[0]]);
    expect(aborts).toBe(1);
  },
);

it('[31] ends once when the client leaves in the middle of everything', async () => {
  const reasons = new Map<string, string[]>();
  const hooks: McpSseHooks = {
    onSessionClose: ({ id }, reason) => reasons.set(id, [...(reasons.get(id) ?? []), reason]),
  };
  const { url, mcp } = await serve({ hooks, handler: (_, { session }) => flood(session) });
  const clients = await Promise.all(
    Array.from({ length: 30 }, () => StreamClient.open(`${url}/sse`)),
  );
  await Promise.all(
    clients.map(async (client, index) => {
      await client.post(request(1));
      client.drop();
      if (index % 3 === 0) mcp.sessions.get(client.sessionId)?.close('api');
    }),
  );
  await mcp.close({ timeoutMs: 1_000 });
  expect(reasons.size).toBe(30);
  expect([...reasons.values()].every(({ length }) => length === 1)).toBe(true);
});

it('[31] passes a failing connection on as write-failed, and closes once', async () => {
  const told: string[] = [];
  const { url, server, mcp } = await serve({
    hooks: {
      onSessionClose: (_, reason) => told.push(`closed: ${reason}`),
      onError: ({ code }) => told.push(`error: ${code}`),
    },
  });
  server.once('request', (_req, res) => {
    res.on('close', () => res.emit('error', new Error('late')));
    setImmediate(() => res.emit('error', new Error('EPIPE')));
  });
  await StreamClient.open(`${url}/sse`).catch(() => undefined);
  await eventually(() => told.length === 2);
  expect(told).toEqual(['error: write-failed', 'closed: write-failed']);
  expect(mcp.sessions.size).toBe(0);
});

it('[32] closes at once while a write to a stalled reader waits', async () => {
  const reasons: string[] = [];
  const { port, mcp } = await serve({
    hooks: { onSessionClose: (_, reason) => reasons.push(reason) },
  });
  await openStalled(port);
  await eventually(() => mcp.sessions.size === 1);
  const [session] = mcp.sessions;
  for (let n = 0; n < 12; n += 1) void session!.notify('fill', { text: 'x'.repeat(1_000_000) });
  await eventually(() => session!.bufferedBytes > 0);
  const held = outcomeOf(session!.notify('held'));
  session!.close('now');
  // In the same tick: nothing was waited for, the lock least of all.
  expect(reasons).toEqual(['now']);
  expect(session!.signal.aborted).toBe(true);
  expect(mcp.sessions.size).toBe(0);
  await eventually(() => held.code === 'session-closed');
});

it('[33] delivers all messages that were sent before the close', async () => {
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  const session = mcp.sessions.get(client.sessionId)!;
  const text = 'x'.repeat(50_000);
  for (let n = 0; n < 100; n += 1) void session.notify('n', { n, text });
  session.close();
  await client.end();
  expect(client.messages).toHaveLength(100);
  expect(client.messages[99]).toEqual(notification('n', { n: 99, text }));
});

it.each<[string, (session: Session) => unknown]>([
  ['throws', throwing(new Error('mine'))],
  ['rejects', () => Promise.reject(new Error('mine'))],
])('[36] closes even if the close hook %s', async (_, onSessionClose) => {
  const errors: string[] = [];
  const { url, mcp } = await serve({
    hooks: { onSessionClose, onError: ({ message }) => errors.push(message) },
  });
  const client = await StreamClient.open(`${url}/sse`);
  client.drop();
  await eventually(() => errors.length === 1);
  expect(errors).toEqual(['mine']);
  expect(mcp.stats()).toMatchObject({
    sessions: 0,
    totals: { closed: { 'client-disconnected': 1 } },
  });
});

it('[36] refuses messages of the close hook to its session, and sends those to others', async () => {
  const refused: unknown[] = [];
  const { url, mcp } = await serve({
    hooks: {
      async onSessionClose(session) {
        mcp.broadcast(notification('left'));
        const sends = [session.notify('you'), mcp.send(session.id, notification('you'))];
        for (const send of await Promise.allSettled(sends)) {
          refused.push(send.status === 'rejected' && send.reason.code);
        }
        session.close('again');
      },
    },
  });
  const [one, other] = [
    await StreamClient.open(`${url}/sse`),
    await StreamClient.open(`${url}/sse`),
  ];
  one.drop();
  expect(await other.nextMessage()).toEqual(notification('left'));
  await eventually(() => refused.length === 2);
  expect(refused).toEqual(['session-closed', 'session-not-found']);
  expect(mcp.stats().totals.closed).toEqual({ 'client-disconnected': 1 });
});

it('[37] lets a tool end after its session: its signal is aborted, its result counted', async () => {
  const gate = deferred();
  const started = deferred<HandlerContext>();
  const ended = deferred();
  const errors: string[] = [];
  const { url, mcp } = await serve({
    hooks: { onError: ({ code }) => errors.push(code) },
    async handler(_, context) {
      started.resolve(context);
      await gate.promise;
      ended.resolve();
      return { late: true };
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  await client.post(request(1));
  const { signal, session } = await started.promise;
  client.drop();
  await eventually(() => signal.aborted);
  expect(signal.reason).toMatchObject({ code: 'session-closed' });
  expect(mcp.stats()).toMatchObject({ inFlight: 0, totals: { discarded: 1 } });
  gate.resolve();
  await ended.promise;
  await expect(session.notify('late')).rejects.toMatchObject({ code: 'session-closed' });
  expect(mcp.stats()).toMatchObject({ totals: { discarded: 2, messagesOut: 0 } });
  expect(errors).toEqual([]);
});

// Kills: a second end of the old session, in a registry that removes by id: both are needed to
// do harm.
it('[38] does not touch a new session when the old one with its id finally ends', async () => {
  const { url, port, mcp } = await serve({ sessionIdGenerator: () => 'the-same' });
  const half = await openStalled(port);
  await eventually(() => mcp.sessions.size === 1);
  const [old] = mcp.sessions;
  void old!.notify('stuck', { text: 'x'.repeat(12_000_000) });
  await eventually(() => old!.bufferedBytes === 0);
  old!.close('replaced');
  const client = await StreamClient.open(`${url}/sse`);
  const current = mcp.sessions.get('the-same');
  expect(current).not.toBe(old);
  half.destroy();
  expect((await client.request('ping')).result).toEqual({});
  old!.close('again');
  await client.post(request(9, 'ping'));
  expect(await client.nextMessage()).toEqual(result(9));
  expect(mcp.sessions.get('the-same')).toBe(current);
  expect(mcp.stats()).toMatchObject({ sessions: 1, totals: { opened: 2, closed: { other: 1 } } });
});

async function flood(session: Session): Promise<void> {
  while (session.state === 'open') await session.notify('flood', { text: 'x'.repeat(10_000) });
}

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

it.each([
  { timeoutMs: NaN },
  { timeoutMs: -1 },
  { timeoutMs: '5s' as never },
  { handOver: 'no' as never },
])('of a router refuses wrong options, and goes on: %j', async (options) => {
  const { url, mcp } = await serve();
  await expect(mcp.close(options)).rejects.toMatchObject({ code: 'invalid-option' });
  await StreamClient.open(`${url}/sse`);
});

it('of a router may be passed as a listener', async () => {
  for (const given of ['SIGTERM', null, undefined]) {
    const { mcp } = await serve();
    await mcp.close(given as never);
  }
});
