import { request } from 'node:http';

import { describe, expect, it } from 'vitest';

import { McpSseError } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import { endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const MIB = 1024 * 1024;
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** The answer to a POST whose body never comes, beyond its first byte. */
function answerToHead(url: string, length: number): Promise<[number | undefined, unknown]> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': length };
    const req = request(url, { method: 'POST', headers }, (res) => {
      res.resume();
      resolve([res.statusCode, res.headers['retry-after']]);
      req.destroy();
    });
    req.on('error', reject);
    req.write('{');
  });
}

describe('a large POST that cannot be delivered is refused before its body is read', () => {
  async function owned() {
    const adapter = new FaultyAdapter();
    const [owner, other] = await serveTwo({}, adapter);
    const client = await StreamClient.open(`${owner.url}/sse`);
    return { adapter, owner, other, client, url: endpointAt(other, client) };
  }

  it('while the adapter is out of reach', async () => {
    const { adapter, other, client, url } = await owned();
    adapter.goDown();
    const before = other.mcp.stats().cluster!.requestsSent;
    expect(await answerToHead(url, MIB)).toEqual([503, '1']);
    expect(other.mcp.stats().cluster!.requestsSent).toBe(before);
    // A small one may answer a question of this very node, and waits for the adapter.
    const small = post(url, ping);
    adapter.comeBack();
    expect((await small).status).toBe(202);
    await client.nextMessage(({ id }) => id === 1);
  });

  it('after the node of its session has left, with 404', async () => {
    const { owner, other, url } = await owned();
    await owner.mcp.close();
    await eventually(() => other.mcp.stats().cluster!.nodes === 1);
    expect(await answerToHead(url, MIB)).toEqual([404, undefined]);
  });
});

it('counts POSTs that wait for another node in the byte budget, and refuses those without room', async () => {
  const adapter = new FaultyAdapter();
  const [owner, other] = await serveTwo({ limits: { maxTotalBytes: 4 * MIB } }, adapter);
  const client = await StreamClient.open(`${owner.url}/sse`);
  adapter.partitioned.add(owner.mcp.stats().cluster!.node);
  const send = (bytes: number): Promise<unknown> =>
    other.mcp.notify(client.sessionId, 'note', { text: 'x'.repeat(bytes) });
  const waiting = send(2 * MIB).catch((error: unknown) => McpSseError.from(error).code);
  await eventually(() => other.mcp.stats().totalBytes > 2 * MIB);
  await expect(send(1.5 * MIB)).rejects.toMatchObject({ code: 'adapter-unavailable' });
  expect(other.mcp.stats().cluster!.queuedBytes).toBeLessThan(3 * MIB);
  expect(await waiting).toBe('outcome-unknown');
  adapter.partitioned.clear();
  await eventually(() => other.mcp.stats().totalBytes < 10_000, 'the end', 20_000);
}, 60_000);
