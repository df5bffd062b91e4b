import { connect } from '@nats-io/transport-node';
import { expect, it, onTestFinished } from 'vitest';

import { natsAdapter } from '../../lib/nats/index.js';
import { AdapterNode } from '../cluster/adapter/adapter-node.js';
import { eventually } from '../support/eventually.js';
import { hasNats, NatsServer } from '../support/nats-server.js';
import { lastId, onlySession, openWithIds } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { discovered, endpointAt } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const MAX_PAYLOAD = 8 * 1024;

/** An adapter of its own on a server that takes no payload larger than `MAX_PAYLOAD`. */
async function startServer() {
  const server = await NatsServer.begin(MAX_PAYLOAD);
  onTestFinished(() => server.stop());
  return async (secret?: string) => {
    const connection = await connect({ servers: `127.0.0.1:${server.port}` });
    onTestFinished(() => connection.close());
    return natsAdapter(connection, secret === undefined ? {} : { secret });
  };
}

it.skipIf(!hasNats)('refuses a frame larger than the server accepts', async () => {
  const adapter = await startServer();
  const node = await AdapterNode.join(await adapter());
  expect(node.member.maxFrameBytes).toBe(MAX_PAYLOAD);
  const refused = node.send(node, '中'.repeat(MAX_PAYLOAD / 3 + 1));
  await expect(refused).rejects.toMatchObject({ code: 'message-too-large' });
  expect(await node.send(node, 'x'.repeat(MAX_PAYLOAD))).toBe(true);
  expect(node.states).toEqual([true]);
});

it.skipIf(!hasNats).each([undefined, 'a secret'])(
  'carries large messages both ways, and others at once, with the secret %j',
  { timeout: 60_000 },
  async (secret) => {
    const adapter = await startServer();
    const errors: string[] = [];
    const hooks = { onError: ({ message }: Error) => errors.push(message) };
    const handler = (message: object): unknown =>
      'id' in message ? { answer: '中'.repeat(200_000) } : undefined;
    const [owner, other] = [
      await serve({ adapter: await adapter(secret), hooks, handler }),
      await serve({ adapter: await adapter(secret), hooks, handler }),
    ];
    await discovered([owner, other]);
    const client = await openWithIds(`${owner.url}/sse`);
    const again = await StreamClient.open(`${other.url}/sse`, { 'Last-Event-ID': lastId(client) });
    const params = { text: '中'.repeat(100_000) };
    const large = post(endpointAt(other, again), { jsonrpc: '2.0', id: 7, method: 'm', params });
    const small = post(endpointAt(other, again), { jsonrpc: '2.0', id: 8, method: 'm' });
    expect((await large).status).toBe(202);
    expect((await small).status).toBe(202);
    const answers = [await again.nextMessage(), await again.nextMessage()];
    expect(answers.map(({ id }) => id).sort()).toEqual([7, 8]);
    await eventually(() => onlySession(owner.mcp).inFlight === 0);
    expect(errors).toEqual([]);
  },
);
