import { describe, expect, it } from 'vitest';

import type { McpSseRouter } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import { lastId, openWithIds } from '../support/returning-client.js';
import { discovered, endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const ping = (id: number) => ({ jsonrpc: '2.0', id, method: 'ping' });
const nodeOf = (mcp: McpSseRouter): string => mcp.stats().cluster!.node;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a session whose node is out of reach for a while', () => {
  it('does not get 404 if its node comes back later than others after an outage', async () => {
    const adapter = new FaultyAdapter();
    const [owner, other] = await serveTwo({}, adapter);
    const client = await openWithIds(`${owner.url}/sse`);
    adapter.goDown();
    await pause(200);
    adapter.comeBack(nodeOf(owner.mcp));
    await eventually(() => other.mcp.stats().cluster!.up);
    // Longer than the grace.
    await pause(3_500);
    const posted = post(endpointAt(other, client), ping(1));
    const headers = { 'Last-Event-ID': lastId(client) };
    const told = await StreamClient.begin(`${other.url}/sse`, headers);
    await told.end(20_000);
    expect([told.status, told.text]).toEqual([200, expect.stringMatching(/^retry: \d+\n\n$/)]);
    expect(await posted).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    adapter.cameBack(nodeOf(owner.mcp));
    await eventually(() => other.mcp.stats().cluster!.nodes === 2);
    expect((await post(endpointAt(other, client), ping(2))).status).toBe(202);
    // What was refused with 503 has not arrived, then or later.
    const { id } = await client.nextMessage(({ id }) => id === 1 || id === 2);
    expect(id).toBe(2);
  }, 60_000);

  it('does not get 404 if its node was silent before its connection was lost', async () => {
    const adapter = new FaultyAdapter();
    const [owner, other] = await serveTwo({}, adapter);
    const client = await StreamClient.open(`${owner.url}/sse`);
    const self = nodeOf(owner.mcp);
    adapter.partitioned.add(self);
    await pause(4_000);
    adapter.partitioned.clear();
    adapter.cutOff(self);
    const posted = post(endpointAt(other, client), ping(1));
    await pause(1_000);
    adapter.cameBack(self);
    expect((await posted).status).toBe(202);
    await client.nextMessage(({ id }) => id === 1);
  }, 60_000);

  it('never gets a message that was refused with 503, even if the adapter reports a listener', async () => {
    const adapter = new FaultyAdapter();
    const [owner, other] = await serveTwo({}, adapter);
    const client = await StreamClient.open(`${owner.url}/sse`);
    const self = nodeOf(owner.mcp);
    // A host that is gone without a word, whose sockets the server keeps.
    adapter.partitioned.add(self);
    await eventually(() => other.mcp.stats().cluster!.nodes === 1, 'the silence');
    const before = adapter.sent.get(self)!;
    expect((await post(endpointAt(other, client), ping(1))).status).toBe(503);
    // Only pings, half a second apart while something waits.
    expect(adapter.sent.get(self)! - before).toBeLessThan(25);
    adapter.partitioned.clear();
    await discovered([owner, other]);
    expect((await post(endpointAt(other, client), ping(2))).status).toBe(202);
    const { id } = await client.nextMessage(({ id }) => id === 1 || id === 2);
    expect(id).toBe(2);
  }, 60_000);
});
