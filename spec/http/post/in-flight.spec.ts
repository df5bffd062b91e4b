import { describe, expect, it } from 'vitest';

import type { JsonRpcNotification } from '../../../lib/index.js';
import { deferred, type Deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { expectStats } from '../../support/expect-stats.js';
import { notification, request, result } from '../../support/messages.js';
import { expectRefusal } from '../../support/refusal.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

async function working(inFlight: number) {
  const running = new Map<unknown, Deferred<object>>();
  const { url, mcp } = await serve({
    limits: { maxConcurrentRequests: inFlight },
    handler: (message) => {
      if (!('id' in message) || !('method' in message)) return undefined;
      const answer = deferred<object>();
      running.set(message.id, answer);
      return answer.promise;
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  const finish = async (id: string | number): Promise<void> => {
    running.get(id)!.resolve({ id });
    expect(await client.nextMessage()).toEqual(result(id, { id }));
  };
  return { url, mcp, client, running, finish };
}

const cancellation = (requestId: number): JsonRpcNotification =>
  notification('notifications/cancelled', { requestId });

describe('requests in flight', () => {
  it('are refused with 429 and Retry-After over the limit, until one is answered', async () => {
    const { client, finish, mcp } = await working(2);
    expect((await client.post(request(1))).status).toBe(202);
    expect((await client.post(request(2))).status).toBe(202);
    const refused = await client.post(request(3));
    expectRefusal(refused, 429, -32000);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expectStats(mcp, { inFlight: 2, totals: { messagesIn: 2 } });

    await finish(1);
    expect((await client.post(request(3))).status).toBe(202);
    expectRefusal(await client.post(request(4)), 429, -32000);
    await finish(2);
    await finish(3);
  });

  it('do not hold up notifications, responses, and cancellations', async () => {
    const { client, mcp } = await working(1);
    expect((await client.post(request(1))).status).toBe(202);
    expect((await client.post(notification())).status).toBe(202);
    expect((await client.post(result('x'))).status).toBe(202);
    expect((await client.post(cancellation(1))).status).toBe(202);
    expectStats(mcp, { totals: { messagesIn: 4 } });
  });

  it('keep their slots after a cancellation until their handlers settle', async () => {
    const { client, running, mcp } = await working(10);
    let most = 0;
    for (let id = 0; id < 100; id += 1) {
      await client.post(request(id));
      await client.post(cancellation(id));
      most = Math.max(most, running.size);
    }
    expect([most, mcp.stats().inFlight]).toEqual([10, 10]);
    expectRefusal(await client.post(request('next')), 429, -32000);
    for (const answer of running.values()) answer.resolve({});
    await eventually(() => mcp.stats().inFlight === 0);
    expect((await client.post(request('next'))).status).toBe(202);
    // [spec] What was cancelled is not answered.
    expect(client.messages).toEqual([]);
  });

  it('are counted for each session separately', async () => {
    const { url, client } = await working(1);
    const other = await StreamClient.open(`${url}/sse`);
    expect((await client.post(request(1))).status).toBe(202);
    expect((await other.post(request(1))).status).toBe(202);
    expectRefusal(await client.post(request(2)), 429, -32000);
  });

  it('never exceed the limit, even if many come at once', async () => {
    const { client } = await working(5);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, id) => client.post(request(id))),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(25);
  });
});

describe('the id of a running request', () => {
  it('is refused for a second request, which does not reach the server', async () => {
    const { client, finish, mcp } = await working(10);
    expect((await client.post(request('a'))).status).toBe(202);
    expectRefusal(await client.post(request('a', 'other')), 400, -32600);
    expectStats(mcp, { inFlight: 1, totals: { messagesIn: 1 } });
    await finish('a');
    expect((await client.post(request('a'))).status).toBe(202);
    await finish('a');
  });

  it('differs as a string and as a number', async () => {
    const { client, finish } = await working(10);
    expect((await client.post(request(1))).status).toBe(202);
    expect((await client.post(request('1'))).status).toBe(202);
    await finish('1');
    await finish(1);
  });

  it('is accepted once if many requests with it come at once', async () => {
    const { client, finish } = await working(100);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.post(request(7))));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19);
    await finish(7);
    expect((await client.post(request(8))).status).toBe(202);
    await finish(8);
    expect(client.messages).toHaveLength(2);
  });
});
