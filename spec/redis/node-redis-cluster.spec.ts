// Alone: it counts the sockets of the process.

import { createCluster } from 'redis';

import { redisAdapter } from '../../lib/redis/index.js';
import { adapterContract } from '../cluster/adapter/adapter-contract.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { hasRedis } from '../support/redis-server.js';

adapterContract(
  'redisAdapter(createCluster())',
  async () => {
    const cluster = await RedisCluster.start();
    return {
      async node(prefix) {
        const client = createCluster({ rootNodes: cluster.servers.map(({ url }) => ({ url })) });
        client.on('error', () => {});
        await client.connect();
        return {
          adapter: redisAdapter(client, prefix === undefined ? {} : { prefix }),
          works: () => client.set('key', 'value'),
          close: async () => {
            client.destroy();
          },
        };
      },
      server: cluster,
      stop: () => cluster.stop(),
    };
  },
  { skip: !hasRedis },
);
