import { expect, it } from 'vitest';

import { FaultyAdapter } from '../support/faulty-adapter.js';
import { lastId, onlySession, openWithIds } from '../support/returning-client.js';
import { endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const ping = (id: number) => ({ jsonrpc: '2.0', id, method: 'ping' });
const TEXT = '中'.repeat(100_000);

it('carries any message in pieces if the adapter reports its largest frame', async () => {
  const adapter = new FaultyAdapter();
  adapter.maxFrameBytes = 2_048;
  const [owner, other] = await serveTwo({}, adapter);
  const client = await StreamClient.open(`${owner.url}/sse`);
  const large = { ...ping(1), params: { text: TEXT } };
  expect((await post(endpointAt(other, client), large)).status).toBe(202);
  await client.nextMessage(({ id }) => id === 1);
});

it('fails and reports a call whose frame the adapter refuses, and goes on with all others', async () => {
  const adapter = new FaultyAdapter();
  adapter.maxFrameBytes = 20_000;
  adapter.tellsMaxFrameBytes = false;
  const errors: string[] = [];
  const hooks = { onError: ({ code }: { code: string }) => errors.push(code) };
  const [owner, other] = await serveTwo({ hooks }, adapter);
  const client = await openWithIds(`${owner.url}/sse`);
  const url = endpointAt(other, client);
  const began = performance.now();
  const large = post(url, { ...ping(1), params: { text: TEXT } });
  const others = [2, 3, 4].map((id) => post(url, ping(id)));
  expect((await Promise.all(others)).map(({ status }) => status)).toEqual([202, 202, 202]);
  expect(performance.now() - began).toBeLessThan(7_000);
  // It may have arrived, for all that this adapter says.
  expect((await large).status).toBe(504);
  expect(errors).toEqual([]);

  // A stream that carries what the adapter refuses is lost, and its session knows.
  const again = await StreamClient.open(`${other.url}/sse`, { 'Last-Event-ID': lastId(client) });
  const session = onlySession(owner.mcp);
  void session.notify('large', { text: TEXT });
  await again.end(8_000);
  expect(errors).toEqual(['adapter-unavailable']);
  expect(session.state).toBe('detached');
  expect((await post(url, ping(5))).status).toBe(202);
}, 60_000);
