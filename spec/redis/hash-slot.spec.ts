import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { redisAdapter, type RedisClient } from '../../lib/redis/index.js';
import { slotOf } from '../../lib/redis/hash-slot.js';
import { AdapterNode } from '../cluster/adapter/adapter-node.js';
import { eventually } from '../support/eventually.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { hasRedis } from '../support/redis-server.js';

describe.skipIf(!hasRedis)('the slots of a Redis Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await RedisCluster.start();
  }, 60_000);
  afterAll(() => cluster.stop());

  it('are computed as the server does', async () => {
    for (const key of [
      'a',
      '{mcp-sse}:node',
      'x{}y',
      'x{y',
      'a{b}{c}',
      '}{a}',
      'ü😀{ß}',
      '{{a}}',
    ]) {
      const slot = await cluster.servers[0]!.command('CLUSTER', 'KEYSLOT', key);
      expect([key, slotOf(key)]).toEqual([key, Number(slot)]);
    }
  });

  const nodeRedis = () => {
    const client = createCluster({ rootNodes: cluster.servers.map(({ url }) => ({ url })) });
    client.on('error', () => {});
    onTestFinished(() => {
      client.destroy();
    });
    return client;
  };
  const clients: Record<string, () => Promise<RedisClient>> = {
    'node-redis': () => nodeRedis().connect(),
    async ioredis() {
      const startup = cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port }));
      const client = new Cluster(startup);
      client.on('error', () => {});
      onTestFinished(() => {
        client.disconnect();
      });
      return client;
    },
  };

  it('are awaited while a client looks up their servers', async () => {
    const client = nodeRedis();
    const connecting = client.connect();
    expect(client.isReady).toBe(false);
    expect((await AdapterNode.join(redisAdapter(client))).up).toBe(true);
    await connecting;
  });

  it.each(Object.keys(clients))(
    'may move to another server: %s follows',
    { timeout: 60_000 },
    async (name) => {
      const nodes: AdapterNode[] = [];
      for (let count = 0; count < 2; count += 1) {
        nodes.push(await AdapterNode.join(redisAdapter(await clients[name]!())));
      }
      const [a, b] = nodes as [AdapterNode, AdapterNode];
      await cluster.move(slotOf('{mcp-sse}'));
      await eventually(() => nodes.every(({ states }) => states.includes(false)), 'state(false)');
      await eventually(() => a.up && b.up, 'state(true)');
      expect(await a.send(b, 'there')).toBe(true);
      expect(await b.send(a, 'and back')).toBe(true);
      await b.has('there');
      await a.has('and back');
    },
  );
});
