import { setTimeout as pause } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { nodeOfProbe, nodeOfSession } from '../../lib/cluster/node-name.js';
import type { McpSseRouter } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import {
  beginAgainAsSdk,
  lastEndpoint,
  NEGOTIATED,
  openAsSdk,
} from '../support/returning-client.js';
import { serve, type Served } from '../support/serve.js';
import { serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const GRACE_MS = 3_000;
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const invented = (n: number): string => `${String(n).padStart(12, 'x')}.${'y'.repeat(22)}`;
const eventId = (n: number): string => `${invented(n)}.1`;

const url = (node: Served<unknown>, id: string): string =>
  `${node.url}/message?sessionId=${encodeURIComponent(id)}`;

/** What a client is told of a name that nobody has ever heard of, and after how long. */
async function answerTo(node: Served<unknown>, id: string): Promise<[number, string | undefined]> {
  const began = performance.now();
  const { status, headers } = await post(url(node, id), ping);
  expect(performance.now() - began).toBeLessThan(1_900);
  return [status, headers['retry-after']?.toString()];
}

const clusterOf = (mcp: McpSseRouter) => mcp.stats().cluster!;

describe('an unknown node name', () => {
  it('has a node wait for it that cannot count the others, and then refuse: 503', async () => {
    const adapter = new FaultyAdapter();
    adapter.counts = false;
    const [node] = await serveTwo({}, adapter);
    const began = performance.now();
    const waiting = [post(url(node, invented(1)), ping), post(url(node, invented(2)), ping)];
    // Those of nodes that it has heard do not wait behind them.
    const client = await StreamClient.open(`${node.url}/sse`);
    expect(await client.request('ping')).toMatchObject({ result: {} });
    const answered = await Promise.race([...waiting, pause(GRACE_MS / 2)]);
    expect(answered).toBeUndefined();
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(503);
    // Only at first: later, names that clients invent hold nothing up.
    expect(performance.now() - began).toBeLessThan(4 * GRACE_MS);
    expect(await answerTo(node, invented(3))).toEqual([503, '1']);
  });

  it('is answered at once: 503 by a node that has just joined or was cut off, then 404', async () => {
    const adapter = new FaultyAdapter();
    const [node] = await serveTwo({}, adapter);
    const { node: self } = clusterOf(node.mcp);
    expect(await answerTo(node, invented(1))).toEqual([503, '1']);
    const told = await StreamClient.begin(`${node.url}/sse`, { 'Last-Event-ID': eventId(1) });
    await told.end();
    expect([told.status, told.text]).toEqual([200, expect.stringMatching(/^retry: \d+\n\n$/)]);
    const known = async (): Promise<void> => {
      const joined = performance.now();
      while ((await answerTo(node, invented(2)))[0] === 503) {
        expect(performance.now() - joined).toBeLessThan(4 * GRACE_MS);
        await pause(100);
      }
    };
    await known();
    expect(await answerTo(node, invented(3))).toEqual([404, undefined]);
    const gone = await StreamClient.begin(`${node.url}/sse`, { 'Last-Event-ID': eventId(3) });
    expect(gone.status).toBe(404);
    adapter.cutOff(self);
    expect(await answerTo(node, invented(4))).toEqual([503, '1']);
    adapter.cameBack(self);
    await eventually(() => clusterOf(node.mcp).up);
    expect(await answerTo(node, invented(5))).toEqual([503, '1']);
    await known();
  }, 60_000);

  it('costs no frame, no peer and no memory, whatever clients send', async () => {
    const adapter = new FaultyAdapter();
    const { mcp, ...node } = await serve({ adapter });
    await eventually(() => clusterOf(mcp).up);
    const ids = [
      ...Array.from({ length: 300 }, (_, n) => invented(n)),
      `${'n'.repeat(5_000)}.x`,
      `${'n'.repeat(12)}.${'x'.repeat(5_000)}`,
      '*.x',
      'a b.x',
    ];
    const served = { mcp, ...node };
    const refused = new Set<number>();
    for (const id of ids) refused.add((await post(url(served, id), ping)).status);
    const answers = ids.map((id, n) => ({ jsonrpc: '2.0', id: probeId(id, n), result: {} }));
    await post(url(served, invented(1)), answers);
    expect([...refused].sort()).toEqual([404, 503]);
    const addresses = [...adapter.sent.keys()].filter((to) => to !== '*');
    expect(addresses).toEqual([]);
    expect(clusterOf(mcp)).toMatchObject({ nodes: 1, requestsSent: 0, queuedBytes: 0 });
  });

  it('gives a probed client a new session at once', async () => {
    const adapter = new FaultyAdapter();
    const resume = { probeTimeoutMs: 60_000 };
    const old = await serve({ adapter: new FaultyAdapter(), resume });
    const client = await openAsSdk(`${old.url}/sse`);
    const node = await serve({ adapter, resume });
    await eventually(() => clusterOf(node.mcp).up);
    const settled = async (): Promise<string> => {
      const again = await beginAgainAsSdk(`${node.url}/sse`);
      const { id } = await again.nextMessage();
      const endpoint = `${node.url}/message${new URL(lastEndpoint(client)).search}`;
      await post(endpoint, { jsonrpc: '2.0', id, result: {} }, NEGOTIATED);
      await eventually(() => again.ended || again.text.includes('event: endpoint'));
      return again.text;
    };
    // Its node may be one that this one has not met yet: it had better ask again.
    expect(await settled()).toMatch(/\nretry: \d+\n\n$/);
    expect(node.mcp.sessions.size).toBe(0);
    await pause(GRACE_MS);
    expect(await settled()).toContain('event: endpoint');
    expect(node.mcp.sessions.size).toBe(1);
  }, 60_000);
});

function probeId(id: string, n: number): string {
  const node = id.slice(0, id.indexOf('.'));
  return n % 2 === 0 ? `express-mcp-sse:probe:${node}:x` : `express-mcp-sse:probe:${id}`;
}

describe('a client can name a node in one format only', () => {
  const node = 'Ab_-23456789';

  it.each([
    [`${node}.x`, node],
    [`${node}.${'x'.repeat(128)}`, node],
    [`${node}.${'x'.repeat(129)}`, undefined],
    [`${node}.`, undefined],
    [`${node}x.y`, undefined],
    [`${node.slice(1)}.y`, undefined],
    [`${node}.a b`, undefined],
    [`${node}.a\n`, undefined],
    ['of-no-node', undefined],
  ])('in the id of a session: %j', (id, expected) => {
    expect(nodeOfSession(id)).toBe(expected);
  });

  it.each([
    [`express-mcp-sse:probe:${node}:abc_-1`, node],
    [`express-mcp-sse:probe:${node}:`, undefined],
    [`express-mcp-sse:probe:${node}:${'x'.repeat(65)}`, undefined],
    [`express-mcp-sse:probe:${node}x:a`, undefined],
    [`express-mcp-sse:probe:${node}:a\n`, undefined],
    [`xexpress-mcp-sse:probe:${node}:a`, undefined],
  ])('in the id of a probe: %j', (id, expected) => {
    expect(nodeOfProbe(id)).toBe(expected);
  });
});
