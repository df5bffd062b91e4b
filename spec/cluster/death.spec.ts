import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import {
  lastId,
  numbers,
  onlySession,
  openWithIds,
  sendNumbers,
} from '../support/returning-client.js';
import { endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const nodeOf = (client: StreamClient): string => client.sessionId.split('.')[0]!;

/** Two nodes, and a client of one that is connected to the other. */
async function servedElsewhere() {
  const adapter = new FaultyAdapter();
  const [owner, other] = await serveTwo({}, adapter);
  const client = await openWithIds(`${owner.url}/sse`);
  const session = onlySession(owner.mcp);
  const headers = { 'Last-Event-ID': lastId(client) };
  const again = await StreamClient.open(`${other.url}/sse`, headers);
  return { adapter, owner, other, session, client: again, headers };
}

describe('when the owner of a session dies', () => {
  it('ends its relayed streams, and answers returning clients with 404: the first soon, the others at once', async () => {
    const { adapter, other, client, headers } = await servedElsewhere();
    adapter.dead.add(nodeOf(client));
    const posted = post(endpointAt(other, client), ping);
    await client.end(10_000);
    // It may have been sent before it was known that nobody listens.
    expect([503, 504]).toContain((await posted).status);
    const began = performance.now();
    expect((await StreamClient.begin(`${other.url}/sse`, headers)).status).toBe(404);
    // It may have lost the adapter alone, and its client be connected there.
    expect(await post(endpointAt(other, client), ping)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    });
    // No wait for a node that is taken to be gone.
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(other.mcp.stats().cluster).toMatchObject({ nodes: 1, streamsImported: 0 });
  }, 60_000);

  it('does so at once if the node has announced that it leaves', async () => {
    const { owner, other, client, headers } = await servedElsewhere();
    await owner.mcp.close({ handOver: false });
    const began = performance.now();
    await client.end();
    expect((await StreamClient.begin(`${other.url}/sse`, headers)).status).toBe(404);
    expect((await post(endpointAt(other, client), ping)).status).toBe(404);
    // One that has not is waited for, for six seconds.
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(other.mcp.stats().cluster?.nodes).toBe(1);
  });
});

it('keeps a session whose client is connected to a node that dies', async () => {
  const { adapter, owner, other, session, client, headers } = await servedElsewhere();
  await sendNumbers(session, 1, 5);
  await eventually(() => numbers(client).length === 5);
  adapter.dead.add(other.mcp.stats().cluster!.node);
  await eventually(() => session.state === 'detached', 'the loss of the stream');
  await sendNumbers(session, 6, 10);
  const again = await StreamClient.open(`${owner.url}/sse`, headers);
  await eventually(() => numbers(again).length === 10);
}, 60_000);

it('continues after a short partition as if nothing had happened', async () => {
  const { adapter, session, client } = await servedElsewhere();
  adapter.partitioned.add(nodeOf(client));
  await sendNumbers(session, 1, 200);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(numbers(client)).toEqual([]);
  adapter.partitioned.clear();
  await eventually(() => numbers(client).length === 200);
  expect(numbers(client)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
});

it('ends a stream after a long partition, on both sides, and the next stream continues', async () => {
  const { adapter, owner, other, session, client } = await servedElsewhere();
  adapter.partitioned.add(nodeOf(client));
  await sendNumbers(session, 1, 200);
  await client.end(20_000);
  await eventually(() => session.state === 'detached', 'the end at the owner');
  adapter.partitioned.clear();
  await eventually(() => other.mcp.stats().cluster?.nodes === 2);
  await eventually(() => owner.mcp.stats().cluster?.nodes === 2);
  const again = await StreamClient.open(`${other.url}/sse`, { 'Last-Event-ID': lastId(client) });
  await eventually(() => numbers(again).length === 200);
}, 60_000);

it('hands its clients over to the others when it shuts down, and their sessions live on', async () => {
  const { owner, other, session, client } = await servedElsewhere();
  await sendNumbers(session, 1, 5);
  await other.mcp.close();
  await client.end();
  await eventually(() => session.state === 'detached');
  await sendNumbers(session, 6, 10);
  const again = await StreamClient.open(`${owner.url}/sse`, { 'Last-Event-ID': lastId(client) });
  await sendNumbers(session, 11, 15);
  await eventually(() => numbers(again).at(-1) === 15);
  expect([...numbers(client), ...numbers(again)]).toEqual(
    Array.from({ length: 15 }, (_, n) => n + 1),
  );
});
