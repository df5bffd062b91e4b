import { describe, expect, it } from 'vitest';

import type { LiveSession } from '../../lib/session/live-session.js';
import { eventually } from '../support/eventually.js';
import {
  beginAgainAsSdk,
  lastEndpoint,
  lastId,
  NEGOTIATED,
  numbers,
  onlySession,
  openAsSdk,
  openWithIds,
  sendNumbers,
} from '../support/returning-client.js';
import { serve, type Served } from '../support/serve.js';
import { discovered, endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';
import type { Request } from 'express';
import { localAdapter } from '../../lib/adapter/index.js';

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

async function detached(session: LiveSession): Promise<void> {
  await eventually(() => session.state === 'detached', 'the loss of the stream');
}

/** A client that has lost its stream after ten numbers; ten more wait. */
async function lost(
  owner: Served<unknown>,
  open: (url: string) => Promise<StreamClient> = openWithIds,
): Promise<{ session: LiveSession; client: StreamClient; id: string }> {
  const client = await open(`${owner.url}/sse`);
  const session = onlySession(owner.mcp);
  await sendNumbers(session, 1, 10);
  await eventually(() => numbers(client).length === 10);
  client.drop();
  await detached(session);
  await sendNumbers(session, 11, 20);
  return { session, client, id: lastId(client) };
}

describe('a client that comes back to another node with its Last-Event-ID', () => {
  it('continues where it stopped, and gets the answers to its calls there', async () => {
    const [owner, other] = await serveTwo();
    const { session, id } = await lost(owner);
    const again = await StreamClient.open(`${other.url}/sse`, { 'Last-Event-ID': id });
    await sendNumbers(session, 21, 30);
    expect(await again.request('ping')).toMatchObject({ result: {} });
    await eventually(() => numbers(again).length === 20);
    expect(numbers(again)).toEqual(upTo(11, 30));
    expect(again.endpoint).toContain(other.url);
    expect(other.mcp.stats().cluster).toMatchObject({ streamsImported: 1, streamsExported: 0 });
    expect(owner.mcp.stats().cluster).toMatchObject({ streamsImported: 0, streamsExported: 1 });
    again.drop();
    await detached(session);
    await eventually(() => other.mcp.stats().cluster?.streamsImported === 0);
    expect(owner.mcp.stats().cluster?.streamsExported).toBe(0);
  });

  it('goes from node to node and back, and misses nothing', async () => {
    const [owner, other] = await serveTwo();
    const { session, client } = await lost(owner);
    let sent = 20;
    const seen = numbers(client);
    let id = lastId(client);
    for (const node of [other, owner, other, other, owner]) {
      const again = await StreamClient.open(`${node.url}/sse`, { 'Last-Event-ID': id });
      await sendNumbers(session, sent + 1, (sent += 50));
      await eventually(() => numbers(again).at(-1) === sent);
      seen.push(...numbers(again));
      id = lastId(again);
      again.drop();
      await detached(session);
    }
    expect(seen).toEqual(upTo(1, sent));
  });

  it('ends its former connection, on whichever node that is', async () => {
    const [owner, other] = await serveTwo();
    const { session, id } = await lost(owner);
    const first = await StreamClient.open(`${other.url}/sse`, { 'Last-Event-ID': id });
    const second = await StreamClient.open(`${owner.url}/sse`, { 'Last-Event-ID': id });
    await first.end();
    const third = await StreamClient.open(`${other.url}/sse`, { 'Last-Event-ID': id });
    await second.end();
    await sendNumbers(session, 21, 21);
    await eventually(() => numbers(third).at(-1) === 21);
    expect(other.mcp.stats().cluster?.streamsImported).toBe(1);
  });

  it('is refused with 404 for an id that is unknown, of no node, or of another principal', async () => {
    const [owner, other] = await serveTwo({
      security: { principal: (req) => req.headers.authorization },
    });
    const { id } = await lost(owner);
    const [node, token] = id.split('.');
    const ids = [`${node}.${token}.999`, `${node}.${'x'.repeat(22)}.1`, 'nonsense'];
    for (const wrong of ids) {
      const { status } = await StreamClient.begin(`${other.url}/sse`, { 'Last-Event-ID': wrong });
      expect(status, wrong).toBe(404);
    }
    const bob = { 'Last-Event-ID': id, Authorization: 'bob' };
    expect((await StreamClient.begin(`${other.url}/sse`, bob)).status).toBe(404);
  });

  it('gets large messages whole, and slows down their producer if it does not read', async () => {
    const [owner, other] = await serveTwo();
    const { session, id } = await lost(owner);
    const again = await StreamClient.open(`${other.url}/sse`, { 'Last-Event-ID': id });
    const text = '€😀x'.repeat(200_000);
    await session.notify('large', { text });
    const { params } = await again.nextMessage(({ method }) => method === 'large');
    expect(params.text === text).toBe(true);
    again.pause();
    let sent = 0;
    const producer = (async () => {
      for (; sent < 400; sent += 1) await session.notify('large', { text: 'x'.repeat(100_000) });
    })();
    for (let before = 0; before === 0 || before < sent;) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(sent).toBeLessThan(400);
    expect(session.bufferedBytes).toBeLessThan(1_000_000);
    again.resume();
    await producer;
    await eventually(
      () => again.messages.filter((m) => 'method' in m && m.method === 'large').length === 401,
      'all',
    );
  });

  it('sees the end of its stream when its session closes', async () => {
    const [owner, other] = await serveTwo();
    const { session, id } = await lost(owner);
    const again = await StreamClient.open(`${other.url}/sse`, { 'Last-Event-ID': id });
    await sendNumbers(session, 21, 21);
    session.close();
    await again.end();
    expect(numbers(again).at(-1)).toBe(21);
    const { status } = await StreamClient.begin(`${other.url}/sse`, { 'Last-Event-ID': id });
    expect(status).toBe(404);
  });
});

describe('an SDK client without resumableFetch that comes back to another node', () => {
  it.each(['the owner', 'the node of the stream', 'a third node'])(
    'continues if it answers the probe at %s',
    async (where) => {
      const adapter = localAdapter();
      const [owner, other] = await serveTwo({}, adapter);
      const third = await serve({ adapter: adapter });
      await discovered([owner, other, third]);
      const { client } = await lost(owner, openAsSdk);
      const again = await beginAgainAsSdk(`${other.url}/sse`);
      const { id } = await again.nextMessage(({ method }) => method === 'ping');
      const node = where === 'the owner' ? owner : where === 'a third node' ? third : other;
      const url = `${node.url}/message${new URL(lastEndpoint(client)).search}`;
      const answer = { jsonrpc: '2.0', id, result: {} };
      expect((await post(url, answer, NEGOTIATED)).status).toBe(202);
      await again.next(({ event }) => event === 'endpoint');
      await eventually(() => numbers(again).length === 10);
      expect(numbers(again)).toEqual(upTo(11, 20));
      expect(
        (await post(endpointAt(third, again), { jsonrpc: '2.0', id: 9, method: 'ping' })).status,
      ).toBe(202);
      await again.nextMessage((message) => message.id === 9);
    },
  );

  it('gets a new session if its own has closed', async () => {
    const [owner, other] = await serveTwo();
    const client = await openAsSdk(`${owner.url}/sse`);
    const session = onlySession(owner.mcp);
    client.drop();
    await detached(session);
    const again = await beginAgainAsSdk(`${other.url}/sse`);
    const { id } = await again.nextMessage(({ method }) => method === 'ping');
    await post(endpointAt(owner, client), { jsonrpc: '2.0', id, result: {} }, NEGOTIATED);
    session.close();
    await again.next(({ event }) => event === 'endpoint');
    expect(again.sessionId).not.toBe(client.sessionId);
    expect(other.mcp.sessions.size).toBe(1);
  });
});

it('finds the session of a resume key on whichever node', async () => {
  const [owner, other] = await serveTwo({
    resume: { key: (req) => req.headers['x-key']?.toString() },
  });
  const client = await StreamClient.open(`${owner.url}/sse`, { 'X-Key': 'k' });
  await client.request('initialize', { protocolVersion: '2025-06-18' });
  const session = onlySession(owner.mcp);
  client.drop();
  await detached(session);
  await sendNumbers(session, 1, 10);
  const again = await StreamClient.open(`${other.url}/sse`, { 'X-Key': 'k' });
  await eventually(() => numbers(again).length === 10);
  expect(again.sessionId).toBe(session.id);
  const stranger = await StreamClient.open(`${other.url}/sse`, { 'X-Key': 'unheard of' });
  expect(stranger.sessionId).not.toBe(session.id);
});

it('finds it through a node that has just started, too', async () => {
  const adapter = localAdapter();
  const resume = { key: (req: Request) => req.headers['x-key']?.toString() };
  const owner = await serve({ adapter: adapter, resume });
  await eventually(() => owner.mcp.stats().cluster?.up === true);
  const client = await StreamClient.open(`${owner.url}/sse`, { 'X-Key': 'k' });
  await client.request('initialize', { protocolVersion: '2025-06-18' });
  client.drop();
  await detached(onlySession(owner.mcp));
  const other = await serve({ adapter: adapter, resume });
  const again = await StreamClient.open(`${other.url}/sse`, { 'X-Key': 'k' });
  expect(again.sessionId).toBe(client.sessionId);
});
