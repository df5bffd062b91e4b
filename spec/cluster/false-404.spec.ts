import { describe, expect, it } from 'vitest';

import { signedAdapter } from '../../lib/adapter/index.js';
import type { McpSseRouter } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import { lastId, openWithIds } from '../support/returning-client.js';
import { serve, type Served } from '../support/serve.js';
import { discovered, endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const nodeOf = (mcp: McpSseRouter): string => mcp.stats().cluster!.node;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What clients of a session are told at a node that is not its owner, for `ms` milliseconds. */
async function statusesAt(node: Served<unknown>, client: StreamClient, ms: number) {
  const statuses = new Set<number>();
  const posts: Promise<unknown>[] = [];
  for (const until = performance.now() + ms; performance.now() < until;) {
    posts.push(post(endpointAt(node, client), ping).then(({ status }) => statuses.add(status)));
    await pause(200);
  }
  await Promise.all(posts);
  return statuses;
}

describe('the session of a living node never gets 404', () => {
  it('if that node alone has lost the adapter for five seconds', async () => {
    const adapter = new FaultyAdapter();
    const [owner, other] = await serveTwo({}, adapter);
    const client = await openWithIds(`${owner.url}/sse`);
    const self = nodeOf(owner.mcp);
    adapter.cutOff(self);
    setTimeout(() => adapter.cameBack(self), 5_000);
    const headers = { 'Last-Event-ID': lastId(client) };
    const again = StreamClient.begin(`${other.url}/sse`, headers);
    expect((await statusesAt(other, client, 4_000)).has(404)).toBe(false);
    expect((await again).status).toBe(200);
  }, 60_000);

  it('if that node alone has lost the adapter for long: POSTs', async () => {
    const adapter = new FaultyAdapter();
    const [owner, other] = await serveTwo({}, adapter);
    const client = await StreamClient.open(`${owner.url}/sse`);
    const self = nodeOf(owner.mcp);
    adapter.cutOff(self);
    const statuses = await statusesAt(other, client, 9_000);
    expect([...statuses].sort()).toEqual([503, 504]);
    adapter.cameBack(self);
    await discovered([owner, other]);
    expect((await post(endpointAt(other, client), ping)).status).toBe(202);
  }, 60_000);

  it('if that node and most others are at another server for eight seconds', async () => {
    const adapter = new FaultyAdapter();
    const nodes = [...(await serveTwo({}, adapter)), await serve({ adapter })];
    await discovered(nodes);
    const [alone, ...moved] = nodes as [Served<unknown>, Served<unknown>, Served<unknown>];
    const client = await openWithIds(`${moved[0].url}/sse`);
    for (const { mcp } of moved) adapter.dead.add(nodeOf(mcp));
    const headers = { 'Last-Event-ID': lastId(client) };
    const told = new Set<number>();
    for (const until = performance.now() + 8_000; performance.now() < until;) {
      const again = await StreamClient.begin(`${alone.url}/sse`, headers);
      told.add(again.status);
      await again.end(20_000);
    }
    expect([...told]).toEqual([200]);
  }, 60_000);

  it.each([
    ['counts who listens', true],
    ['does not', false],
  ])(
    'if that node was frozen while the other one started: the adapter %s',
    async (_, counts) => {
      const adapter = new FaultyAdapter();
      adapter.counts = counts;
      const owner = await serve({ adapter });
      const client = await StreamClient.open(`${owner.url}/sse`);
      adapter.partitioned.add(nodeOf(owner.mcp));
      const other = await serve({ adapter });
      await eventually(() => other.mcp.stats().cluster!.up);
      const statuses = await statusesAt(other, client, 5_000);
      adapter.partitioned.clear();
      expect(statuses.has(404)).toBe(false);
      await discovered([owner, other]);
      expect((await post(endpointAt(other, client), ping)).status).toBe(202);
    },
    60_000,
  );

  it('if its name is signed, however long that node is frozen', async () => {
    const adapter = new FaultyAdapter();
    adapter.counts = false;
    const signed = signedAdapter(adapter, 'a secret');
    const owner = await serve({ adapter: signed });
    const client = await StreamClient.open(`${owner.url}/sse`);
    adapter.partitioned.add(nodeOf(owner.mcp));
    const other = await serve({ adapter: signed });
    await eventually(() => other.mcp.stats().cluster!.up);
    await pause(7_000);
    const posted = post(endpointAt(other, client), ping);
    await pause(500);
    adapter.partitioned.clear();
    expect((await posted).status).toBe(202);
    // A name that somebody has made up proves nothing.
    const invented = client.endpoint.replace(/sessionId=(.)/, (_, first) =>
      first === '-' ? 'sessionId=A' : 'sessionId=-',
    );
    expect((await post(invented.replace(owner.url, other.url), ping)).status).toBe(404);
  }, 60_000);
});
