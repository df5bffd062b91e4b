import { describe, expect, it } from 'vitest';

import type { McpSseOptions, ResumeOptions } from '../../lib/index.js';
import type { LiveSession } from '../../lib/session/live-session.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { outcomeOf } from '../support/outcome.js';
import {
  lastId,
  numbers,
  onlySession,
  openWithIds,
  returnWithId,
  sendNumbers,
} from '../support/returning-client.js';
import { rounds } from '../support/rounds.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

/** A client with its session, and how that ends. */
async function connected(options: McpSseOptions = {}) {
  const closed: string[] = [];
  const served = await serve({
    handler: () => ({}),
    ...options,
    hooks: { onSessionClose: (_, reason) => closed.push(reason) },
  });
  const client = await openWithIds(`${served.url}/sse`);
  return { ...served, client, session: onlySession(served.mcp), closed };
}

async function leave(client: StreamClient, session: LiveSession): Promise<void> {
  client.drop();
  await eventually(() => session.state === 'detached');
}

const kilobytes = (count: number): Record<string, unknown> => ({ pad: 'x'.repeat(count * 1_024) });

describe('while the client is away', () => {
  it('its request goes on, and the answer waits', async () => {
    const work = deferred<object>();
    const signals: AbortSignal[] = [];
    const { client, session } = await connected({
      handler(message, { signal }) {
        if (!('method' in message) || message.method !== 'work') return {};
        signals.push(signal);
        return work.promise;
      },
    });
    await client.post({ jsonrpc: '2.0', id: 'w', method: 'work' });
    await leave(client, session);
    expect([session.inFlight, signals[0]?.aborted]).toEqual([1, false]);
    work.resolve({ done: true });
    await eventually(() => session.inFlight === 0);
    const again = await returnWithId(client);
    const { id, result } = await again.nextMessage();
    expect([id, result]).toEqual(['w', { done: true }]);
  });

  it('it may POST, and gets the answers when it is back', async () => {
    const { client, session } = await connected();
    await leave(client, session);
    expect((await client.post({ jsonrpc: '2.0', id: 'p', method: 'ping' })).status).toBe(202);
    const again = await returnWithId(client);
    expect((await again.nextMessage()).id).toBe('p');
  });

  it('a request of the server waits, and gets its answer when it is back', async () => {
    const { client, session } = await connected();
    const before = session.request('sampling/createMessage');
    const { id: asked } = await client.nextMessage(({ method }) => method !== undefined);
    await leave(client, session);
    const during = session.request('roots/list');
    const again = await returnWithId(client);
    const { id, method } = await again.nextMessage();
    expect(method).toBe('roots/list');
    await again.post({ jsonrpc: '2.0', id, result: { roots: [] } });
    await again.post({ jsonrpc: '2.0', id: asked, result: { content: 'late' } });
    expect([await before, await during]).toEqual([{ content: 'late' }, { roots: [] }]);
  });

  it('a producer that awaits its sends waits after 64 KiB, and goes on when it is back', async () => {
    const { client, session } = await connected();
    await leave(client, session);
    const sends = Array.from({ length: 5 }, (_, n) =>
      outcomeOf(session.notify('number', { n, ...kilobytes(20) })),
    );
    await rounds(3);
    const states = (): string[] => sends.map(({ state }) => state);
    expect(states()).toEqual(['resolved', 'resolved', 'resolved', 'pending', 'pending']);
    const again = await returnWithId(client);
    await eventually(() => numbers(again).length === 5);
    await eventually(() => states().every((state) => state === 'resolved'));
  });

  it('a waiting producer learns that the session has closed', async () => {
    const { client, session } = await connected();
    await leave(client, session);
    const held = outcomeOf(session.notify('number', { n: 1, ...kilobytes(100) }));
    await rounds(3);
    expect(held.state).toBe('pending');
    session.close();
    await rounds(3);
    expect(held.code).toBe('session-closed');
  });
});

describe('when more is missed than is kept', () => {
  it.each<[string, ResumeOptions, number]>([
    ['maxEvents', { maxEvents: 10 }, 10],
    ['maxBytes', { maxBytes: 10 * 1_150 }, 10],
  ])('by %s, the session closes with its reason', async (_, resume, room) => {
    const { url, client, session, closed, mcp } = await connected({ resume });
    await leave(client, session);
    for (let n = 1; n <= room; n += 1) void session.notify('number', { n, ...kilobytes(1) });
    expect([session.state, closed]).toEqual(['detached', []]);
    const refused = outcomeOf(session.notify('number', { n: 11, ...kilobytes(1) }));
    await rounds(2);
    expect([session.state, closed, refused.code]).toEqual([
      'closed',
      ['buffer-overflow'],
      'session-closed',
    ]);
    expect(mcp.stats().totals.errors).toEqual({ 'buffer-overflow': 1 });
    const headers = { 'Last-Event-ID': lastId(client) };
    expect((await StreamClient.begin(`${url}/sse`, headers)).status).toBe(404);
  });

  it('messages that the client had read make room for missed ones', async () => {
    const { client, session } = await connected({ resume: { maxEvents: 10 } });
    await sendNumbers(session, 1, 10);
    await eventually(() => numbers(client).length === 10);
    await leave(client, session);
    await sendNumbers(session, 11, 20);
    const again = await returnWithId(client);
    await eventually(() => numbers(again).length === 10);
    expect(numbers(again)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  it('a message larger than all bounds is accepted if nothing else waits', async () => {
    const { client, session } = await connected({
      limits: { maxBufferedBytes: 1_024 },
      resume: { maxBytes: 1_024 },
    });
    await leave(client, session);
    void session.notify('number', { n: 1, ...kilobytes(200) });
    const again = await returnWithId(client);
    await eventually(() => numbers(again).length === 1);
  });

  it('a live message has room during a replay larger than limits.maxBufferedBytes', async () => {
    const { client, session, closed } = await connected({
      limits: { maxBufferedBytes: 64 * 1_024 },
    });
    await leave(client, session);
    for (let n = 1; n <= 100; n += 1) void session.notify('number', { n, ...kilobytes(10) });
    const again = await returnWithId(client);
    void session.notify('number', { n: 101 });
    await eventually(() => numbers(again).length === 101);
    expect(closed).toEqual([]);
  });
});
