import { describe, expect, it } from 'vitest';

import type { JsonRpcMessage } from '../../lib/index.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import { lastId, openWithIds } from '../support/returning-client.js';
import { endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

describe('a node that closes, while others go on', () => {
  it('waits for the answers to requests that it has passed on', async () => {
    const adapter = new FaultyAdapter();
    const [owner, closing] = await serveTwo({ resume: { trackCalls: false } }, adapter);
    const client = await StreamClient.open(`${owner.url}/sse`);
    // What is lost is sent again, which takes a while.
    adapter.losses = { lost: 1, repeated: 0, late: 0 };
    const posted = post(endpointAt(closing, client), ping);
    const before = closing.mcp.stats().cluster!.requestsSent;
    while (closing.mcp.stats().cluster!.requestsSent === before) await new Promise(setImmediate);
    const closed = closing.mcp.close();
    adapter.losses = { lost: 0, repeated: 0, late: 0 };
    expect((await posted).status).toBe(202);
    expect(await client.nextMessage()).toMatchObject({ id: 1, result: {} });
    await closed;
  });

  it('refuses later requests for other nodes at once, and not with 404', async () => {
    const [owner, closing] = await serveTwo();
    const client = await openWithIds(`${owner.url}/sse`);
    await closing.mcp.close();
    const began = performance.now();
    expect((await post(endpointAt(closing, client), ping)).status).toBe(503);
    const again = await StreamClient.begin(`${closing.url}/sse`, {
      'Last-Event-ID': lastId(client),
    });
    await again.end();
    expect(again.status).toBe(200);
    expect(again.text).toMatch(/^retry: \d+\n\n$/);
    // The deadline for an answer of another node is eight seconds.
    expect(performance.now() - began).toBeLessThan(7_000);
  });

  it('accepts no streams of other nodes while its own requests finish', async () => {
    const [owner, closing] = await serveTwo({ handler: hanging });
    const client = await openWithIds(`${owner.url}/sse`);
    const busy = await StreamClient.open(`${closing.url}/sse`);
    await busy.post({ jsonrpc: '2.0', id: 1, method: 'hang' });
    const closed = closing.mcp.close({ timeoutMs: 1_000 });
    const headers = { 'Last-Event-ID': lastId(client) };
    const again = await StreamClient.begin(`${closing.url}/sse`, headers);
    await again.end();
    expect(again.text).toMatch(/^retry: \d+\n\n$/);
    expect(client.ended).toBe(false);
    await closed;
  });
});

/** Answers the handshake, and no request of the name. */
function hanging(message: JsonRpcMessage): unknown {
  return 'method' in message && message.method === 'hang' ? new Promise(() => {}) : {};
}
