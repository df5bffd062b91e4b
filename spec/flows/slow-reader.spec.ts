import { expect, it } from 'vitest';

import type { LimitOptions, McpSseRouter, MessageHandler, Session } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { hanging } from '../support/failing.js';
import { notification, request } from '../support/messages.js';
import { outcomeOf } from '../support/outcome.js';
import { serve } from '../support/serve.js';
import { openStalled } from '../support/stalled-client.js';
import { StreamClient } from '../support/stream-client.js';

/** More than the buffers of the kernel take: they hide about four megabytes on loopback. */
const MORE_THAN_THE_KERNEL_TAKES = 12_000_000;
const CHUNK = { text: 'x'.repeat(60_000) };

interface Setup {
  readonly url: string;
  readonly port: number;
  readonly mcp: McpSseRouter;
  /** What `onSessionClose` and `onError` were told. */
  readonly told: string[];
}

async function setup(limits: LimitOptions, handler?: MessageHandler): Promise<Setup> {
  const told: string[] = [];
  const { url, port, mcp } = await serve({
    limits,
    ...(handler && { handler }),
    hooks: {
      onSessionClose: (_, reason) => told.push(`closed: ${reason}`),
      onError: ({ code }) => told.push(`error: ${code}`),
    },
  });
  return { url, port, mcp, told };
}

/** The session of a client that has opened its stream and reads nothing. */
async function stalled({ port, mcp }: Setup): Promise<Session> {
  const others = new Set(mcp.sessions);
  await openStalled(port);
  const find = (): Session | undefined => [...mcp.sessions].find((each) => !others.has(each));
  await eventually(() => find() !== undefined, 'the session');
  return find()!;
}

/** Sends without waiting until the reader is seen to be behind. */
async function fill(session: Session): Promise<void> {
  for (let sent = 0; sent < MORE_THAN_THE_KERNEL_TAKES; sent += CHUNK.text.length) {
    void session.notify('fill', CHUNK);
  }
  await eventually(() => session.bufferedBytes > 0);
}

// Kills: a queue without a bound.
it('[17] closes the session of a client that is too far behind, and reports it', async () => {
  const set = await setup({ maxBufferedBytes: 1_000_000 });
  const session = await stalled(set);
  let most = 0;
  let sent = 0;
  while (session.state === 'open' && sent < 10 * MORE_THAN_THE_KERNEL_TAKES) {
    void session.notify('more', CHUNK);
    sent += CHUNK.text.length;
    most = Math.max(most, session.bufferedBytes);
    if (sent % 1_200_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(session.state).toBe('closed');
  expect(most).toBeLessThanOrEqual(1_000_000);
  expect(session.bufferedBytes).toBe(0);
  await expect(session.notify('late')).rejects.toMatchObject({ code: 'session-closed' });
  await eventually(() => set.told.length === 2);
  expect(set.told).toEqual(['error: buffer-overflow', 'closed: buffer-overflow']);
});

it('[17] counts the answers that are lost with the session of a slow client', async () => {
  const set = await setup({ maxBufferedBytes: 100_000 }, hanging);
  const client = await StreamClient.open(`${set.url}/sse`);
  const session = set.mcp.sessions.get(client.sessionId)!;
  await client.post([request(1), request(2), request(3)]);
  for (let n = 0; n < 2; n += 1) void session.notify('flood', CHUNK);
  expect(session.state).toBe('closed');
  expect(set.mcp.stats()).toMatchObject({ inFlight: 0, totals: { discarded: 3 } });
});

// Kills: a write that does not wait for drain, which would let the producer run on.
it("[19] holds a producer that awaits, and closes the stalled client's session at its deadline", async () => {
  const set = await setup({ writeTimeoutMs: 150, maxBufferedBytes: 50_000_000 });
  const session = await stalled(set);
  let most = 0;
  const producing = (async () => {
    for (let sent = 0; sent < 4 * MORE_THAN_THE_KERNEL_TAKES; sent += CHUNK.text.length) {
      await session.notify('more', CHUNK);
      most = Math.max(most, session.bufferedBytes);
    }
  })();
  await expect(producing).rejects.toMatchObject({ code: 'session-closed' });
  expect(most).toBeLessThan(200_000);
  await eventually(() => set.told.length === 2);
  expect(set.told).toEqual(['error: write-timeout', 'closed: write-timeout']);
  expect(set.mcp.sessions.size).toBe(0);
});

it("[19] rejects all waiting producers when the stalled client's session closes", async () => {
  const set = await setup({ writeTimeoutMs: 150, maxBufferedBytes: 50_000_000 });
  const session = await stalled(set);
  await fill(session);
  const waiting = Array.from({ length: 10 }, () => outcomeOf(session.notify('more', CHUNK)));
  await eventually(() => session.state === 'closed');
  await eventually(() => waiting.every(({ code }) => code === 'session-closed'));
});

it('gives a slow client that does read all the time it needs', async () => {
  const set = await setup({ writeTimeoutMs: 3_000, maxBufferedBytes: 50_000_000 });
  const socket = await openStalled(set.port);
  await eventually(() => set.mcp.sessions.size === 1);
  const [session] = set.mcp.sessions;
  await fill(session!);
  const done = outcomeOf(session!.notify('done'));
  let read = 0;
  socket.on('data', (bytes: Buffer) => {
    read += bytes.length;
    socket.pause();
    setTimeout(() => socket.resume(), 5);
  });
  socket.resume();
  await eventually(() => done.state !== 'pending', 'the last message', 20_000);
  expect(done.state).toBe('resolved');
  await eventually(() => read > MORE_THAN_THE_KERNEL_TAKES, 'the rest', 20_000);
  expect(set.told).toEqual([]);
});

// Kills: a broadcast that awaits its sends, and one lock for all connections.
it('[21] serves 99 sessions while the hundredth is stalled', async () => {
  const set = await setup({ writeTimeoutMs: 60_000, maxBufferedBytes: 50_000_000 });
  const session = await stalled(set);
  await fill(session);
  const clients = await Promise.all(
    Array.from({ length: 99 }, () => StreamClient.open(`${set.url}/sse`)),
  );
  expect(set.mcp.broadcast(notification('one'))).toBe(100);
  for (const other of set.mcp.sessions) if (other !== session) await other.notify('two');
  expect(set.mcp.broadcast(notification('three'))).toBe(100);
  const all = [notification('one'), notification('two'), notification('three')];
  for (const client of clients) {
    await eventually(() => client.messages.length === 3);
    expect(client.messages).toEqual(all);
  }
  const answers = await Promise.all(clients.map((client) => client.request('ping')));
  expect(answers).toHaveLength(99);
  // All of it while the stalled one was there and had not got any further.
  expect(session.state).toBe('open');
  expect(session.bufferedBytes).toBeGreaterThan(0);
  expect(set.told).toEqual([]);
});
