import { describe, expect, it } from 'vitest';

import { localAdapter } from '../../../lib/adapter/index.js';
import type { Adapter, JsonRpcMessage } from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { FaultyAdapter } from '../../support/faulty-adapter.js';
import { request } from '../../support/messages.js';
import { lastId, openWithIds } from '../../support/returning-client.js';
import { serve, type Served } from '../../support/serve.js';
import { discovered, serveTwo } from '../../support/serve-nodes.js';
import { StreamClient } from '../../support/stream-client.js';
import { openAndMissAnswer } from './returning.js';

const gate = deferred<object>();
const handler = (message: JsonRpcMessage): unknown =>
  'method' in message && message.method === 'wait' ? gate.promise : {};

const callsKept = (node: Served<unknown>): number => node.mcp.stats().cluster?.callsKept ?? 0;
const nameOf = (node: Served<unknown>): string => node.mcp.stats().cluster?.node ?? '';

/** Two nodes, and a client of the first, one of whose calls the second one keeps. */
async function serveKept(adapter = new FaultyAdapter()) {
  const [owner, keeper] = await serveTwo({ handler }, adapter);
  const client = await openWithIds(`${owner.url}/sse`);
  await client.post(request(1_000, 'wait'));
  await eventually(() => callsKept(keeper) === 1, 'the first call that is kept');
  return { adapter, owner, keeper, client };
}

/** Three nodes, and a client of the first, whose call one of the others keeps. */
async function serveThree(adapter: Adapter) {
  const nodes = [await serve({ handler, adapter }), await serve({ handler, adapter })];
  nodes.push(await serve({ handler, adapter }));
  await discovered(nodes);
  const [owner, second, third] = nodes as [Served<unknown>, Served<unknown>, Served<unknown>];
  const client = await openWithIds(`${owner.url}/sse`);
  await client.post(request(1, 'wait'));
  await eventually(() => [second, third].some((node) => callsKept(node) === 1));
  return callsKept(second) > 0
    ? { client, owner, keeper: second, next: third }
    : { client, owner, keeper: third, next: second };
}

describe('another node knows', () => {
  it('each running call, before its POST is answered', async () => {
    const { adapter, keeper, client } = await serveKept();
    adapter.losses = { lost: 0, repeated: 0, late: 1 };
    for (let n = 1; n <= 20; n += 1) {
      expect((await client.post(request(n, 'wait'))).status).toBe(202);
      expect(callsKept(keeper)).toBe(n + 1);
    }
  });

  it('no call that is answered at once while its client is connected', async () => {
    const { adapter, owner, keeper, client } = await serveKept();
    const sent = (): number => adapter.sent.get(nameOf(keeper)) ?? 0;
    const before = sent();
    for (let n = 1; n <= 20; n += 1) await client.request('quick');
    // Acknowledgements and heartbeats may be among them.
    expect(sent() - before).toBeLessThan(10);
    expect(callsKept(keeper)).toBe(1);
    // What the cut may have taken is told then.
    client.drop();
    await eventually(() => callsKept(keeper) > 1, 'the answers that may be lost');
    const again = await StreamClient.open(`${owner.url}/sse`, { 'Last-Event-ID': lastId(client) });
    await again.post(request(2_000, 'wait'));
    expect(callsKept(keeper)).toBe(2 + 20);
  });

  it('when calls are over: answered, cancelled, or their session closed', async () => {
    const { owner, keeper, client } = await serveKept();
    const others = await openWithIds(`${owner.url}/sse`);
    await others.post(request(1, 'wait'));
    expect(callsKept(keeper)).toBe(2);
    const params = { requestId: 1 };
    await others.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    await eventually(() => callsKept(keeper) === 1, 'the end of the cancelled call');
    await others.post(request(2, 'wait'));
    expect(callsKept(keeper)).toBe(2);
    owner.mcp.sessions.get(others.sessionId)!.close();
    await eventually(() => callsKept(keeper) === 1, 'the end of the session');
    expect(owner.mcp.sessions.get(client.sessionId)!.inFlight).toBe(1);
  });

  it('which answers of a node that has left its clients may not have read', async () => {
    const { owner, keeper, client } = await serveKept();
    const others = await openAndMissAnswer(owner);
    await owner.mcp.close({ timeoutMs: 50, handOver: false });
    const back = async (former: StreamClient): Promise<StreamClient> => {
      const headers = { 'Last-Event-ID': lastId(former) };
      const again = await StreamClient.begin(`${keeper.url}/sse`, headers);
      await again.end();
      return again;
    };
    // Its call was answered with the error before its stream ended.
    expect((await back(client)).status).toBe(404);
    expect((await back(others)).messages).toMatchObject([{ id: 1, error: { code: -32010 } }]);
  });
});

it('a new keeper gets all calls when the old one leaves', async () => {
  const { client, keeper, next } = await serveThree(localAdapter());
  await client.post(request(2, 'wait'));
  expect([callsKept(keeper), callsKept(next)]).toEqual([2, 0]);
  await keeper.mcp.close();
  await eventually(() => callsKept(next) === 2, 'the next one that keeps them');
});

it('a new keeper gets all calls when the old one is silent, and POSTs wait for the old one no longer', async () => {
  const adapter = new FaultyAdapter();
  const { client, owner, keeper, next } = await serveThree(adapter);
  adapter.partitioned.add(nameOf(keeper));
  for (let n = 2; n <= 5; n += 1) expect((await client.post(request(n, 'wait'))).status).toBe(202);
  await eventually(() => callsKept(next) === 5, 'the next one that keeps them');
  // It is not known to be gone yet.
  expect(owner.mcp.stats().cluster?.nodes).toBe(3);
  adapter.partitioned.clear();
  // It is told that nothing of that is its affair any more.
  await eventually(() => callsKept(keeper) === 0, 'the end of what the silent one has kept');
});

it('a session that moves to another node takes its calls along', async () => {
  const adapter = localAdapter();
  const nodes = [await serve({ handler, adapter }), await serve({ handler, adapter })];
  await discovered(nodes);
  const [leaving, staying] = nodes as [Served<unknown>, Served<unknown>];
  const client = await openWithIds(`${leaving.url}/sse`);
  await leaving.mcp.close();
  const third = await serve({ handler, adapter });
  const headers = { 'Last-Event-ID': lastId(client) };
  const again = await StreamClient.open(`${staying.url}/sse`, headers);
  await eventually(() => third.mcp.stats().cluster?.nodes === 2);
  await again.post(request(1, 'wait'));
  await eventually(() => callsKept(third) === 1, 'the call that is kept');
});

it('a session that moves to another node takes its unread answers along', async () => {
  const adapter = localAdapter();
  const nodes = [await serve({ handler, adapter }), await serve({ handler, adapter })];
  nodes.push(await serve({ handler, adapter }));
  await discovered(nodes);
  const [leaving, ...others] = nodes as [Served<unknown>, ...Served<unknown>[]];
  await openAndMissAnswer(leaving);
  await leaving.mcp.close();
  const owner = others.find(({ mcp }) => mcp.sessions.size === 1);
  const keeper = others.find((node) => node !== owner)!;
  await eventually(() => callsKept(keeper) === 1, 'the call that is kept');
});
