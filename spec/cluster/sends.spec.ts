import { describe, expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import { numbers } from '../support/returning-client.js';
import { serveTwo } from '../support/serve-nodes.js';
import { StreamClient } from '../support/stream-client.js';

const numbered = (n: number) => ({ jsonrpc: '2.0', method: 'number', params: { n } }) as const;

describe('send', () => {
  it('reaches a session of another node, in order, awaited or not', async () => {
    const [owner, other] = await serveTwo();
    const client = await StreamClient.open(`${owner.url}/sse`);
    const sent = Array.from({ length: 200 }, (_, n) =>
      other.mcp.send(client.sessionId, numbered(n)),
    );
    await Promise.all(sent);
    await eventually(() => numbers(client).length === 200);
    expect(numbers(client)).toEqual(sent.map((_, n) => n));
  });

  it('rejects with session-not-found for one that the other node does not have', async () => {
    const [owner, other] = await serveTwo();
    const client = await StreamClient.open(`${owner.url}/sse`);
    const sent = other.mcp.send(`${client.sessionId}x`, numbered(1));
    await expect(sent).rejects.toMatchObject({ code: 'session-not-found' });
  });

  it('rejects a message that is not serializable', async () => {
    const [owner, other] = await serveTwo();
    const client = await StreamClient.open(`${owner.url}/sse`);
    const params: Record<string, unknown> = {};
    params.itself = params;
    const sent = other.mcp.send(client.sessionId, { jsonrpc: '2.0', method: 'm', params });
    await expect(sent).rejects.toMatchObject({ code: 'not-serializable' });
  });

  it('waits for a slow client for a short time only', async () => {
    const [owner, other] = await serveTwo();
    const client = await StreamClient.open(`${owner.url}/sse`);
    client.pause();
    const large = { jsonrpc: '2.0', method: 'm', params: { text: 'x'.repeat(9_000_000) } } as const;
    const began = performance.now();
    // The reader takes nothing, and this is within the bounds of what may wait.
    await other.mcp.send(client.sessionId, large);
    expect(performance.now() - began).toBeGreaterThan(1_000);
    await other.mcp.send(client.sessionId, numbered(1));
    client.resume();
    await client.nextMessage(({ method }) => method === 'number', 10_000);
  }, 60_000);
});

/** Two nodes on an adapter that can keep frames from one of them, and what the first one reports. */
async function serveFaulty() {
  const adapter = new FaultyAdapter();
  const errors: string[] = [];
  const hooks = { onError: ({ code }: { code: string }) => errors.push(code) };
  const [one, other] = await serveTwo({ hooks }, adapter);
  return { adapter, errors, one, other };
}

describe('broadcast', () => {
  it('reaches the sessions of all nodes once, and returns the number of those on this node', async () => {
    const [one, other] = await serveTwo();
    const clients = await Promise.all(
      [one, one, other].map(({ url }) => StreamClient.open(`${url}/sse`)),
    );
    expect(one.mcp.broadcast(numbered(1))).toBe(2);
    expect(other.mcp.broadcast(numbered(2))).toBe(1);
    await eventually(() => clients.every((client) => numbers(client).length === 2));
    one.mcp.broadcast(numbered(3));
    await eventually(() => clients.every((client) => numbers(client).length === 3));
  });

  it('is reported when it may not have reached another node', { timeout: 60_000 }, async () => {
    const { adapter, errors, one, other } = await serveFaulty();
    const client = await StreamClient.open(`${other.url}/sse`);
    one.mcp.broadcast(numbered(1));
    await eventually(() => numbers(client).length === 1);
    adapter.dead.add(other.mcp.stats().cluster!.node);
    one.mcp.broadcast(numbered(2));
    await eventually(() => errors.includes('outcome-unknown'), 'the report');
  });

  it('is reported when it cannot have reached another node', { timeout: 60_000 }, async () => {
    const { adapter, errors, one, other } = await serveFaulty();
    const client = await StreamClient.open(`${one.url}/sse`);
    // A node that has just begun waits a moment before it tells others.
    adapter.dead.add(other.mcp.stats().cluster!.node);
    expect(one.mcp.broadcast(numbered(1))).toBe(1);
    await eventually(() => numbers(client).length === 1);
    await eventually(() => errors.includes('adapter-unavailable'), 'the report');
  });

  it('reaches the sessions of a principal on all nodes, and those that a filter accepts on this one', async () => {
    const [one, other] = await serveTwo({
      security: { principal: (req) => req.headers.authorization },
    });
    const open = (url: string, name: string) =>
      StreamClient.open(`${url}/sse`, { Authorization: name });
    const ada = [await open(one.url, 'ada'), await open(other.url, 'ada')];
    const bob = [await open(one.url, 'bob'), await open(other.url, 'bob')];
    expect(one.mcp.broadcast(numbered(1), { principal: 'ada' })).toBe(1);
    expect(one.mcp.broadcast(numbered(2), { filter: ({ principal }) => principal === 'bob' })).toBe(
      1,
    );
    one.mcp.broadcast(numbered(3));
    await eventually(() => [...ada, ...bob].every((client) => numbers(client).at(-1) === 3));
    expect(ada.map(numbers)).toEqual([
      [1, 3],
      [1, 3],
    ]);
    expect(bob.map(numbers)).toEqual([[2, 3], [3]]);
  });
});
