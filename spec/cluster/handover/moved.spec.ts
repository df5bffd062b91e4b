import { describe, expect, it } from 'vitest';

import type { JsonRpcMessage } from '../../../lib/index.js';
import { localAdapter } from '../../../lib/adapter/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { request } from '../../support/messages.js';
import {
  lastEndpoint,
  lastId,
  NEGOTIATED,
  numbers,
  openAsSdk,
  openWithIds,
  returnAsSdk,
  sendNumbers,
} from '../../support/returning-client.js';
import { serve } from '../../support/serve.js';
import { discovered, endpointAt, serveTwo } from '../../support/serve-nodes.js';
import { post, StreamClient } from '../../support/stream-client.js';

describe('a session whose node shuts down continues on another node', () => {
  it('behind the last event id of its client', async () => {
    const [leaving, staying] = await serveTwo();
    const client = await openWithIds(`${leaving.url}/sse`);
    await sendNumbers(leaving.mcp.sessions.get(client.sessionId)!, 1, 3);
    client.drop();
    await sendNumbers(leaving.mcp.sessions.get(client.sessionId)!, 4, 5);
    await leaving.mcp.close();
    expect(leaving.mcp.sessions.size).toBe(0);
    const session = staying.mcp.sessions.get(client.sessionId)!;
    expect(session).toMatchObject({ state: 'detached', messagesIn: 1, messagesOut: 6 });
    await sendNumbers(session, 6, 6);
    const headers = { 'Last-Event-ID': lastId(client) };
    const again = await StreamClient.open(`${staying.url}/sse`, headers);
    await again.nextMessage(({ params }) => params?.n === 6);
    expect([...numbers(client), ...numbers(again)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(again.sessionId).toBe(client.sessionId);
    expect(await again.request('ping')).toMatchObject({ result: {} });
    expect(staying.mcp.sessions.size).toBe(1);
  });

  it('for a client that answers a probe', async () => {
    const [leaving, staying] = await serveTwo();
    const client = await openAsSdk(`${leaving.url}/sse`);
    await sendNumbers(leaving.mcp.sessions.get(client.sessionId)!, 1, 3);
    await client.next(({ data }) => data.includes('n=4.'));
    const closed = leaving.mcp.close();
    await client.end();
    await closed;
    expect(client.text).toMatch(/retry: \d+\n\n$/);
    await sendNumbers(staying.mcp.sessions.get(client.sessionId)!, 4, 5);
    const elsewhere = Object.create(client, { url: { value: `${staying.url}/sse` } });
    const again = await returnAsSdk(elsewhere);
    await again.nextMessage(({ params }) => params?.n === 5);
    expect(numbers(again)).toEqual([4, 5]);
    expect(lastEndpoint(again)).toContain(client.sessionId);
  });

  it('for a client with a resume key', async () => {
    const key = ({ headers }: { headers: Record<string, unknown> }): string => String(headers.key);
    const [leaving, staying] = await serveTwo({ resume: { key } });
    const client = await StreamClient.open(`${leaving.url}/sse`, { key: 'one' });
    await sendNumbers(leaving.mcp.sessions.get(client.sessionId)!, 1, 2);
    await leaving.mcp.close();
    const again = await StreamClient.open(`${staying.url}/sse`, { key: 'one' });
    await again.nextMessage(({ params }) => params?.n === 2);
    expect(again.sessionId).toBe(client.sessionId);
  });

  it('unnoticed by a client that is connected there', async () => {
    const [leaving, staying] = await serveTwo();
    const client = await openWithIds(`${leaving.url}/sse`);
    const headers = { 'Last-Event-ID': lastId(client) };
    const relayed = await StreamClient.open(`${staying.url}/sse`, headers);
    const before = leaving.mcp.sessions.get(client.sessionId)!;
    // More than may be on its way to its client: some of it waits in the writer.
    const filling = 'x'.repeat(20_000);
    for (let n = 1; n <= 30; n += 1) void before.notify('number', { n, filling });
    await leaving.mcp.close();
    const after = staying.mcp.sessions.get(client.sessionId)!;
    expect(after.state).toBe('open');
    await sendNumbers(after, 31, 32);
    await relayed.nextMessage(({ params }) => params?.n === 32);
    expect(numbers(relayed)).toEqual(Array.from({ length: 32 }, (_, n) => n + 1));
    expect(relayed.events.filter(({ event }) => event === 'endpoint')).toHaveLength(1);
    expect(await relayed.request('ping')).toMatchObject({ result: {} });
    expect(relayed.ended).toBe(false);
    // It can come back behind what either of its nodes has sent.
    const next = await StreamClient.open(`${staying.url}/sse`, {
      'Last-Event-ID': lastId(relayed),
    });
    await sendNumbers(after, 33, 33);
    expect((await next.nextMessage()).params.n).toBe(33);
  });

  it('and is found there by every node, later ones included', async () => {
    const adapter = localAdapter();
    const [leaving, staying] = await serveTwo({}, adapter);
    const third = await serve({ adapter });
    await discovered([leaving, staying, third]);
    const client = await openWithIds(`${leaving.url}/sse`);
    await leaving.mcp.close();
    const [owner, edge] = staying.mcp.sessions.size > 0 ? [staying, third] : [third, staying];
    const late = await serve({ adapter });
    const headers = { 'Last-Event-ID': lastId(client) };
    const again = await StreamClient.open(`${late.url}/sse`, headers);
    for (const node of [owner, edge, late]) {
      const id = node.port;
      expect((await post(endpointAt(node, client), request(id, 'ping'))).status).toBe(202);
      expect(await again.nextMessage()).toMatchObject({ id, result: {} });
    }
    // Its next node has it as well.
    await owner.mcp.close();
    for (const node of [edge, late]) {
      const answer = await post(endpointAt(node, client), request(node.port + 100_000, 'ping'));
      expect(answer.status).toBe(202);
    }
  });

  it('with all messages that it was sent meanwhile, and none twice', async () => {
    const [leaving, staying] = await serveTwo();
    const client = await openWithIds(`${leaving.url}/sse`);
    client.drop();
    const session = leaving.mcp.sessions.get(client.sessionId)!;
    const closed = leaving.mcp.close();
    let sent = 0;
    while (leaving.mcp.sessions.size > 0) {
      sent += 1;
      const n = sent;
      if (n % 3 === 0) staying.mcp.broadcast({ jsonrpc: '2.0', method: 'number', params: { n } });
      else if (n % 3 === 1)
        leaving.mcp.broadcast({ jsonrpc: '2.0', method: 'number', params: { n } });
      else await session.notify('number', { n });
      await new Promise(setImmediate);
    }
    await closed;
    await sendNumbers(staying.mcp.sessions.get(client.sessionId)!, 1_000, 1_000);
    const headers = { 'Last-Event-ID': lastId(client) };
    const again = await StreamClient.open(`${staying.url}/sse`, headers);
    await again.nextMessage(({ params }) => params?.n === 1_000);
    const seen = numbers(again).filter((n) => n < 1_000);
    expect(new Set(seen).size).toBe(seen.length);
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, n) => n + 1));
  });

  it('unless handOver is false, or there is no other node', async () => {
    const [one, other] = await serveTwo();
    const first = await openWithIds(`${one.url}/sse`);
    await one.mcp.close({ handOver: false });
    await first.end();
    expect(other.mcp.sessions.size).toBe(0);
    const second = await openWithIds(`${other.url}/sse`);
    await other.mcp.close();
    await second.end();
    expect(other.mcp.stats().totals).toMatchObject({ handedOver: 0, closed: { shutdown: 1 } });
  });

  it('but not if its client cannot reconnect, or resume is off', async () => {
    const [leaving, staying] = await serveTwo();
    const plain = await StreamClient.open(`${leaving.url}/sse`);
    await leaving.mcp.close();
    await plain.end();
    expect([leaving, staying].map(({ mcp }) => mcp.sessions.size)).toEqual([0, 0]);
    const adapter = localAdapter();
    const [willing, unwilling] = [
      await serve({ adapter }),
      await serve({ adapter, resume: false }),
    ];
    await discovered([willing, unwilling]);
    const client = await openWithIds(`${willing.url}/sse`);
    await willing.mcp.close();
    await client.end();
    expect(unwilling.mcp.stats().totals.restored).toBe(0);
  });
});

it('is still found through the node that it has left, while that node is there', async () => {
  const gate = deferred();
  const handler = (message: JsonRpcMessage): unknown =>
    'method' in message && message.method === 'wait' ? gate.promise : {};
  const [leaving, staying] = await serveTwo({ handler });
  const client = await openAsSdk(`${leaving.url}/sse`);
  const busy = await openWithIds(`${leaving.url}/sse`);
  await busy.post(request(1, 'wait'));
  const closed = leaving.mcp.close();
  await eventually(() => staying.mcp.sessions.size === 1, 'the first hand-over');
  const posted = await post(lastEndpoint(client), request(7, 'ping'), NEGOTIATED);
  expect(posted.status).toBe(202);
  expect(staying.mcp.sessions.get(client.sessionId)!.messagesOut).toBe(2);
  await leaving.mcp.notify(client.sessionId, 'note');
  expect(staying.mcp.sessions.get(client.sessionId)!.messagesOut).toBe(3);
  gate.resolve();
  await closed;
  expect(staying.mcp.sessions.size).toBe(2);
});
