import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { setImmediate as immediate } from 'node:timers/promises';
import { expect, it } from 'vitest';

import type { JsonRpcMessage } from '../../lib/index.js';
import { deferred } from '../support/deferred.js';
import { cyclic, notification, request, result } from '../support/messages.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const progressOf = (messages: JsonRpcMessage[]): unknown[] =>
  messages.map((message) => 'method' in message && message.params?.progress);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

// Kills: a result that has a way of its own past the queue of notifications.
it('[18] delivers 1,000 progress notifications, then the result', async () => {
  const { url } = await serve({
    handler(_, { progress }) {
      for (const n of upTo(1_000)) void progress(n);
      return { done: true };
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  await client.request('work', { _meta: { progressToken: 't' } });
  expect(client.messages).toHaveLength(1_001);
  expect(progressOf(client.messages.slice(0, 1_000))).toEqual(upTo(1_000));
  expect(client.messages[1_000]).toEqual(result(1, { done: true }));
});

// Kills: a second queue for large messages, and a frame that is torn by the next one.
it('[18] keeps the order of messages of very different sizes, awaited or not', async () => {
  const sizes = [1, 300_000, 10, 70_000, 0, 65_536, 5];
  const { url } = await serve({
    async handler(_, { session }) {
      for (const n of upTo(70)) {
        const params = { progress: n, text: 'x'.repeat(sizes[n % sizes.length]!) };
        const sent = session.notify('notifications/progress', params);
        if (n % 3 === 0) await sent;
        if (n % 7 === 0) await immediate();
      }
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  await client.request('work');
  expect(progressOf(client.messages.slice(0, -1))).toEqual(upTo(70));
});

it('delivers the requests of a session in the order in which they arrived', async () => {
  const seen: unknown[] = [];
  const { url } = await serve({
    handler(message) {
      seen.push('id' in message && message.id);
      return {};
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  const batches = upTo(10).map((n) => upTo(5).map((m) => request(n * 5 + m)));
  for (const batch of batches) await client.post(batch);
  expect(seen).toEqual(upTo(50));
});

it('[8] rejects a message that cannot be serialized, and writes the next one', async () => {
  const errors: string[] = [];
  const { url, mcp } = await serve({ hooks: { onError: ({ code }) => errors.push(code) } });
  const client = await StreamClient.open(`${url}/sse`);
  const notSerializable = expect.objectContaining({ code: 'not-serializable' });
  for (const params of [cyclic(), { value: 1n }]) {
    const bad = notification('bad', params);
    await expect(mcp.send(client.sessionId, bad)).rejects.toEqual(notSerializable);
    expect(() => mcp.broadcast(bad)).toThrow(notSerializable);
  }
  await mcp.send(client.sessionId, notification('good'));
  expect(await client.nextMessage()).toEqual(notification('good'));
  expect(client.messages).toHaveLength(1);
  expect(errors).toEqual(['not-serializable', 'not-serializable']);
});

it('[8] answers with an error if the result of an SDK server cannot be serialized', async () => {
  const { url } = await serve({
    server() {
      const server = new Server({ name: 'spec', version: '1' }, { capabilities: { tools: {} } });
      server.setRequestHandler(CallToolRequestSchema, () => ({ content: [], _meta: { n: 1n } }));
      return server;
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  await client.post(request('call', 'tools/call', { name: 'any' }));
  expect(await client.nextMessage()).toEqual({
    jsonrpc: '2.0',
    id: 'call',
    error: { code: -32603, message: 'Internal error' },
  });
  expect((await client.request('ping')).result).toEqual({});
});

it('[26] answers a POST that arrives as soon as the id is known, after the endpoint event', async () => {
  const gate = deferred<string>();
  const { url } = await serve({
    hooks: { onSessionOpen: ({ id }) => gate.resolve(id) },
  });
  const opening = StreamClient.open(`${url}/sse`);
  const early = fetch(`${url}/message?sessionId=${await gate.promise}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request(1, 'ping')),
  });
  const client = await opening;
  expect((await early).status).toBe(202);
  expect(await client.nextMessage()).toEqual(result(1));
  expect(client.events.map(({ event }) => event)).toEqual(['endpoint', 'message']);
});
