import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import { endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it('answers 404 for sessions of a node that has been silent for half a minute', async () => {
  const adapter = new FaultyAdapter();
  const [owner, other] = await serveTwo({}, adapter);
  const client = await StreamClient.open(`${owner.url}/sse`);
  adapter.dead.add(owner.mcp.stats().cluster!.node);
  await eventually(() => other.mcp.stats().cluster!.nodes === 1, 'the silence');
  const answer = async (): Promise<number> => (await post(endpointAt(other, client), ping)).status;
  const deadline = performance.now() + 40_000;
  let status = 503;
  while ((status = await answer()) !== 404 && performance.now() < deadline) await pause(500);
  expect(status).toBe(404);
}, 60_000);
