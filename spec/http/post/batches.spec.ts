import { expect, it } from 'vitest';

import type { JsonRpcMessage } from '../../../lib/index.js';
import { deferred, type Deferred } from '../../support/deferred.js';
import { expectStats } from '../../support/expect-stats.js';
import { notification, request, result } from '../../support/messages.js';
import { expectRefusal } from '../../support/refusal.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

/** A session whose handler writes down what comes, and answers when the spec says so. */
async function handled(options: { maxConcurrentRequests?: number; maxBodyBytes?: number } = {}) {
  const received: JsonRpcMessage[] = [];
  const answers = new Map<unknown, Deferred<object>>();
  const { url, mcp } = await serve({
    limits: options,
    handler: (message) => {
      received.push(message);
      if (!('id' in message) || !('method' in message)) return {};
      if (message.method === 'quick') return { id: message.id };
      const answer = deferred<object>();
      answers.set(message.id, answer);
      return answer.promise;
    },
  });
  return { client: await StreamClient.open(`${url}/sse`), received, answers, mcp };
}

it('passes the members of a batch on in their order, and each answer is an event of its own', async () => {
  const { client, received } = await handled();
  const batch = [
    request(1, 'quick'),
    notification('between'),
    request('two', 'quick'),
    result('not-asked-for'),
    request(3, 'quick'),
  ];
  expect((await client.post(batch)).status).toBe(202);
  for (const id of [1, 'two', 3]) expect(await client.nextMessage()).toEqual(result(id, { id }));
  expect(received).toEqual(batch);
  expect(client.events.filter(({ event }) => event === 'message')).toHaveLength(3);
});

it('answers in the order in which the work is finished', async () => {
  const { client, answers } = await handled();
  expect((await client.post([request(1), request(2), request(3)])).status).toBe(202);
  for (const id of [3, 1, 2]) {
    answers.get(id)!.resolve({ done: id });
    expect(await client.nextMessage()).toEqual(result(id, { done: id }));
  }
});

it('accepts a batch without requests, and writes nothing for it', async () => {
  const { client, received } = await handled();
  expect((await client.post([notification('a'), notification('b')])).status).toBe(202);
  expect(received).toEqual([notification('a'), notification('b')]);
  expect((await client.request('quick')).result).toBeDefined();
  expect(client.messages).toHaveLength(1);
});

it('keeps the order of batches and single messages of one connection', async () => {
  const { client, received } = await handled();
  for (let round = 0; round < 20; round += 1) {
    await client.post([notification(`${String(round)}a`), notification(`${String(round)}b`)]);
    await client.post(notification(`${String(round)}c`));
  }
  const methods = received.map((message) => 'method' in message && message.method);
  const expected = Array.from({ length: 20 }, (_, n) =>
    ['a', 'b', 'c'].map((x) => `${String(n)}${x}`),
  );
  expect(methods).toEqual(expected.flat());
});

const badMembers: readonly [string, unknown][] = [
  ['a value', 7],
  ['an object', {}],
  ['a batch', [notification()]],
  ['a request with a null id', { jsonrpc: '2.0', id: null, method: 'x' }],
  ['the id of another member', request(1, 'quick')],
];
it.each(badMembers)('refuses a whole batch for one bad member: %s', async (_, bad) => {
  const { client, received, mcp } = await handled();
  expectRefusal(await client.post([request(1, 'quick'), notification(), bad]), 400, -32600);
  expect(received).toEqual([]);
  expectStats(mcp, { inFlight: 0, totals: { messagesIn: 0 } });
  // The ids of what was refused are free.
  expect((await client.post(request(1, 'quick'))).status).toBe(202);
  expect(await client.nextMessage()).toEqual(result(1, { id: 1 }));
});

it('refuses an empty batch', async () => {
  const { client } = await handled();
  expectRefusal(await client.post([]), 400, -32600);
});

it('accepts no member of a batch that would exceed maxConcurrentRequests', async () => {
  const { client, received, answers, mcp } = await handled({ maxConcurrentRequests: 2 });
  expect((await client.post(request(1))).status).toBe(202);
  expectRefusal(await client.post([notification(), request(2), request(3)]), 429, -32000);
  expect(received).toHaveLength(1);
  expect(mcp.stats().inFlight).toBe(1);
  expect((await client.post([notification(), request(2)])).status).toBe(202);
  for (const { resolve } of answers.values()) resolve({});
});
