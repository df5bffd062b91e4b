import { expect, it } from 'vitest';

import type { JsonRpcMessage, McpSseOptions } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { FaultyAdapter } from '../../support/faulty-adapter.js';
import { request } from '../../support/messages.js';
import { lastId, NEGOTIATED, openAsSdk, openWithIds } from '../../support/returning-client.js';
import { serve, type Served } from '../../support/serve.js';
import { serveTwo } from '../../support/serve-nodes.js';
import { StreamClient } from '../../support/stream-client.js';
import { returnToNode } from './returning.js';

const INTERRUPTED = { code: -32010, data: { mayHaveRun: true } };
const KEY = 'x-key';
const USER = 'x-user';

const options: McpSseOptions = {
  handler: (message) => {
    const isHeld = 'method' in message && message.method === 'wait';
    return isHeld ? new Promise(() => undefined) : {};
  },
  resume: { key: ({ headers }) => headers[KEY] as string | undefined },
  security: { principal: ({ headers }) => headers[USER] as string | undefined },
};

/** The ids that were answered with the error, in order. */
function interrupted(client: StreamClient): unknown[] {
  return client.messages.flatMap((message) => {
    if (!('error' in message)) return [];
    expect(message.error).toMatchObject(INTERRUPTED);
    return [message.id];
  });
}

const callsKept = (node: Served<unknown>): number | undefined =>
  node.mcp.stats().cluster?.callsKept;

/** Two nodes, of which the second one keeps the calls of the first. */
async function serveKept() {
  const adapter = new FaultyAdapter();
  const [owner, other] = await serveTwo(options, adapter);
  const first = await openWithIds(`${owner.url}/sse`);
  await first.post(request(1, 'wait'));
  await eventually(() => callsKept(other) === 1, 'the first call that is kept');
  first.drop();
  return { adapter, owner, other };
}

it('answers the calls of its clients, however they come back, and only theirs', async () => {
  const { adapter, owner, other } = await serveKept();
  const url = `${owner.url}/sse`;
  const asIs = await openAsSdk(url);
  const withId = await openWithIds(url);
  const known = await StreamClient.open(url, { [KEY]: 'one' });
  const ofUser = await openAsSdk(url, { [USER]: 'alice' });
  for (const client of [asIs, withId, known, ofUser]) {
    expect(await client.post(request(11, 'quick'), NEGOTIATED)).toMatchObject({ status: 202 });
    await client.nextMessage(({ id }) => id === 11);
    expect(await client.post(request(12, 'wait'), NEGOTIATED)).toMatchObject({ status: 202 });
    expect(await client.post(request('b', 'wait'), NEGOTIATED)).toMatchObject({ status: 202 });
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled' };
    await client.post({ ...cancelled, params: { requestId: 12 } }, NEGOTIATED);
  }
  // Answered while its client is away: it has not got that.
  withId.drop();
  await eventually(() => owner.mcp.stats().detached === 2, 'the loss of the stream');
  expect((await withId.post(request(13, 'quick'))).status).toBe(202);
  await eventually(() => callsKept(other) === 7, 'the calls that are kept');

  const killed = performance.now();
  adapter.dead.add(owner.mcp.stats().cluster!.node);
  for (const client of [asIs, known, ofUser]) client.drop();
  const [againAsIs, againOfUser, notAlice, gone] = await Promise.all([
    returnToNode(other, asIs),
    returnToNode(other, ofUser, { [USER]: 'alice' }),
    returnToNode(other, ofUser, { [USER]: 'bob' }),
    (async () => {
      for (;;) {
        const again = await StreamClient.begin(`${other.url}/sse`, {
          'Last-Event-ID': lastId(withId),
        });
        await again.end(20_000);
        if (again.messages.length > 0 || again.status !== 200) return again;
      }
    })(),
  ]);
  const againKnown = await StreamClient.open(`${other.url}/sse`, { [KEY]: 'one' });
  await againKnown.next(({ event }) => event === 'message');
  expect(performance.now() - killed).toBeLessThan(25_000);

  for (const client of [againAsIs, againOfUser, againKnown]) {
    expect((await client.request('ping')).result).toEqual({});
    expect(interrupted(client)).toEqual(['b']);
    expect(client.sessionId).not.toBe(asIs.sessionId);
  }
  expect((await notAlice.request('ping')).result).toEqual({});
  expect(interrupted(notAlice)).toEqual([]);
  // One that goes by event ids is told the rest when it comes back.
  expect(interrupted(gone)).toEqual(['b', 13]);
  expect(gone.events.filter(({ event }) => event === 'endpoint')).toEqual([]);
  expect(gone.text).toMatch(/^retry: \d+\n\n/);
  const last = await StreamClient.begin(`${other.url}/sse`, { 'Last-Event-ID': lastId(withId) });
  expect(last.status).toBe(404);
  expect(other.mcp.stats().totals.interrupted).toBe(5);

  // Once: whoever comes back with the same names is told nothing more.
  const twice = await returnToNode(other, asIs);
  expect((await twice.request('ping')).result).toEqual({});
  expect(interrupted(twice)).toEqual([]);
}, 60_000);

it('answers them on a node that has joined later, and keeps nothing itself', async () => {
  const { adapter, owner, other } = await serveKept();
  const client = await openAsSdk(`${owner.url}/sse`);
  await client.post(request(12, 'wait'), NEGOTIATED);
  adapter.dead.add(owner.mcp.stats().cluster!.node);
  client.drop();
  // By now it has looked for a node to copy them to, and there was none.
  await eventually(() => other.mcp.stats().cluster?.nodes === 1, 'the end of the owner');
  const late = await serve({ ...options, adapter });
  const again = await returnToNode(late, client);
  expect(callsKept(late)).toBe(0);
  expect((await again.request('ping')).result).toEqual({});
  expect(interrupted(again)).toEqual([12]);
  // What is kept of others goes with them.
  expect(callsKept(other)).toBeGreaterThan(0);
}, 60_000);

it('answers no calls without trackCalls', async () => {
  const adapter = new FaultyAdapter();
  const resume = { ...(options.resume as object), trackCalls: false };
  const [owner, other] = await serveTwo({ ...options, resume }, adapter);
  const client = await openAsSdk(`${owner.url}/sse`);
  await client.post(request(12, 'wait'), NEGOTIATED);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(callsKept(other)).toBe(0);
  adapter.dead.add(owner.mcp.stats().cluster!.node);
  client.drop();
  const again = await returnToNode(other, client);
  expect((await again.request('ping')).result).toEqual({});
  expect(again.messages.some((message: JsonRpcMessage) => 'error' in message)).toBe(false);
}, 60_000);
