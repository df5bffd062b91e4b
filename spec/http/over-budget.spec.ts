import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { describe, expect, it, onTestFinished } from 'vitest';

import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { notification, request } from '../support/messages.js';
import { CANARY, expectRefusal } from '../support/refusal.js';
import { serve } from '../support/serve.js';
import { openStalled } from '../support/stalled-client.js';
import { fetchText, post, StreamClient } from '../support/stream-client.js';

const MIB = 1024 * 1024;
const padded = (bytes: number): object => notification('big', { text: 'x'.repeat(bytes) });

describe('over limits.maxTotalBytes', () => {
  // Kills: callers that each stay within their limits, and together end the process.
  it('a body is refused with 503, -32000 and Retry-After, and its session goes on', async () => {
    const { url, mcp } = await serve({ limits: { maxTotalBytes: 400_000 } });
    const client = await StreamClient.open(`${url}/sse`);
    const answer = await client.post(notification(CANARY, { text: 'x'.repeat(600_000) }));
    expectRefusal(answer, 503, -32000);
    expect(answer.headers['retry-after']).toBe('1');
    expect(mcp.stats().totals.refused).toEqual({ 'over-budget': 1 });
    expect((await client.request('ping')).result).toEqual({});
    await eventually(() => mcp.stats().totalBytes < 1_000);
  });

  it('a running request counts until its answer, and a small one still has room', async () => {
    const answer = deferred<object>();
    const { url, mcp } = await serve({
      limits: { maxTotalBytes: MIB },
      handler: (message) =>
        'method' in message && message.method === 'slow' ? answer.promise : {},
    });
    const client = await StreamClient.open(`${url}/sse`);
    const params = { text: 'x'.repeat(300_000) };
    expect((await client.post(request(1, 'slow', params))).status).toBe(202);
    expect(mcp.stats().totalBytes).toBeGreaterThan(300_000);
    expectRefusal(await client.post(padded(600_000)), 503, -32000);
    expect((await client.post(request(2))).status).toBe(202);
    answer.resolve({});
    await eventually(() => mcp.stats().totalBytes < 100_000);
    expect((await client.post(padded(300_000))).status).toBe(202);
  });

  it('the session that holds the most is closed, and reported on the channel', async () => {
    const told: unknown[] = [];
    const listener = (payload: unknown): void => void told.push(payload);
    subscribe('mcp-sse:budget', listener);
    onTestFinished(() => void unsubscribe('mcp-sse:budget', listener));
    const closed: string[] = [];
    const { url, port, mcp } = await serve({
      limits: { maxTotalBytes: 8 * MIB },
      hooks: { onSessionClose: ({ id }, reason) => closed.push(`${id} ${reason}`) },
    });
    const honest = await StreamClient.open(`${url}/sse`);
    await openStalled(port);
    await eventually(() => mcp.sessions.size === 2);
    const stalled = [...mcp.sessions].find(({ id }) => id !== honest.sessionId)!;
    for (let sent = 0; stalled.state === 'open' && sent < 40; sent += 1) {
      void stalled.notify('big', { text: 'x'.repeat(MIB) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => closed.length === 1);
    expect(closed).toEqual([`${stalled.id} over-budget`]);
    expect(told[0]).toMatchObject({ maxTotalBytes: 8 * MIB });
    expect((await honest.request('ping')).result).toEqual({});
  });
});

describe('a batch', () => {
  it('of limits.maxBatch is accepted; one message more is refused whole', async () => {
    const received: unknown[] = [];
    const { url } = await serve({
      limits: { maxBatch: 3 },
      handler: (message) => void received.push(message),
    });
    const { endpoint } = await StreamClient.open(`${url}/sse`);
    expectRefusal(
      await post(
        endpoint,
        Array.from({ length: 4 }, () => notification(CANARY)),
      ),
      400,
      -32600,
    );
    expect(received).toEqual([]);
    expect(
      (
        await post(
          endpoint,
          Array.from({ length: 3 }, () => notification()),
        )
      ).status,
    ).toBe(202);
    expect(received).toHaveLength(3);
  });
});

describe('the head of a stream', () => {
  const pad = { 'X-Pad': 'x'.repeat(10_000) };
  const limits = { maxTotalBytes: 20_000 };

  // Kills: 10,000 streams whose heads, of 16 KiB each, are counted by nobody.
  it('counts while the stream is open, and refuses more above three quarters', async () => {
    const { url, mcp } = await serve({ limits });
    const heavy = [];
    for (let n = 0; n < 2; n += 1) heavy.push(await StreamClient.open(`${url}/sse`, pad));
    expect(mcp.stats().totalBytes).toBeGreaterThan(10_000);
    expectRefusal(await fetchText(`${url}/sse`, { headers: pad }), 503, -32000);
    expect((await heavy[0]!.request('ping')).result).toEqual({});
    for (const client of heavy) client.drop();
    await eventually(() => mcp.stats().totalBytes === 0);
    await StreamClient.open(`${url}/sse`, pad);
  });

  it('of a request that is refused is counted no longer', async () => {
    const { url, mcp } = await serve({ hooks: { onConnect: () => false } });
    expect((await fetchText(`${url}/sse`, { headers: pad })).status).toBe(403);
    await eventually(() => mcp.stats().totalBytes === 0);
  });

  it('tells a client that comes back to try again', async () => {
    const { url } = await serve({ limits });
    const id = `${'A'.repeat(12)}.${'A'.repeat(22)}.1`;
    const headers = { 'X-Pad': 'x'.repeat(14_000), 'Last-Event-ID': id };
    for (let n = 0; n < 2; n += 1) await StreamClient.open(`${url}/sse`, pad);
    const answer = await fetchText(`${url}/sse`, { headers });
    expect([answer.status, answer.body]).toEqual([200, expect.stringMatching(/^retry: \d+\n\n$/)]);
  });
});
