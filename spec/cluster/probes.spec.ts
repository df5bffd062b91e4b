import { expect, it } from 'vitest';

import { localAdapter } from '../../lib/adapter/index.js';
import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import {
  beginAgainAsSdk,
  NEGOTIATED,
  openAsSdk,
  returnAsSdk,
} from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { discovered, endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post } from '../support/stream-client.js';

const PATIENT = { resume: { probeTimeoutMs: 60_000 } };

it('probes a returning client on a node that knows no other yet', async () => {
  const { url } = await serve({ ...PATIENT, adapter: localAdapter() });
  const client = await beginAgainAsSdk(`${url}/sse`);
  expect(await client.nextMessage()).toMatchObject({ method: 'ping' });
});

it('gives a client a new session as soon as its answer names a node that is gone', async () => {
  const [owner, other] = await serveTwo(PATIENT);
  const client = await openAsSdk(`${owner.url}/sse`);
  await owner.mcp.close({ handOver: false });
  const again = await beginAgainAsSdk(`${other.url}/sse`);
  const { id } = await again.nextMessage();
  const answer = { jsonrpc: '2.0', id, result: {} };
  expect((await post(endpointAt(other, client), answer, NEGOTIATED)).status).toBe(404);
  await again.next(({ event }) => event === 'endpoint');
  expect(other.mcp.sessions.size).toBe(1);
});

it('repeats the probe, because clients do not repeat a lost POST', async () => {
  const [owner, other] = await serveTwo({ resume: { probeTimeoutMs: 2_000 } });
  const client = await openAsSdk(`${owner.url}/sse`);
  const again = await beginAgainAsSdk(`${other.url}/sse`);
  const first = await again.nextMessage();
  const second = await again.nextMessage();
  expect(second).toEqual(first);
  const answer = { jsonrpc: '2.0', id: second.id, result: {} };
  expect((await post(endpointAt(other, client), answer, NEGOTIATED)).status).toBe(202);
  await again.next(({ event }) => event === 'endpoint');
  expect([owner.mcp.sessions.size, other.mcp.sessions.size]).toEqual([1, 0]);
});

it('tells a client to reconnect if it may have answered at a frozen node', async () => {
  const adapter = new FaultyAdapter();
  const [owner, other] = await serveTwo({ resume: { probeTimeoutMs: 1_000 } }, adapter);
  const client = await openAsSdk(`${owner.url}/sse`);
  adapter.partitioned.add(owner.mcp.stats().cluster!.node);
  const asked = performance.now();
  await eventually(() => performance.now() - asked > 1_600, 'a late heartbeat');
  const again = await beginAgainAsSdk(`${other.url}/sse`);
  await again.end(20_000);
  expect(again.text).toMatch(/\nretry: \d+\n\n$/);
  adapter.partitioned.clear();
  await discovered([owner, other]);
  await returnAsSdk(client);
  expect([owner.mcp.sessions.size, other.mcp.sessions.size]).toEqual([1, 0]);
}, 60_000);

it('tells a client to reconnect if it does not answer while the nodes are out of touch', async () => {
  const adapter = new FaultyAdapter();
  const [owner, other] = await serveTwo({ resume: { probeTimeoutMs: 200 } }, adapter);
  const client = await openAsSdk(`${owner.url}/sse`);
  adapter.goDown();
  const again = await beginAgainAsSdk(`${other.url}/sse`);
  await again.end();
  expect(again.text).toMatch(/\nretry: \d+\n\n$/);
  adapter.comeBack();
  // By way of its own node, whose session it still has.
  await returnAsSdk(client);
  expect([owner.mcp.sessions.size, other.mcp.sessions.size]).toEqual([1, 0]);
});
