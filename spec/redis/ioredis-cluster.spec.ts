// Alone: it counts the sockets of the process.

import { Cluster } from 'ioredis';

import { redisAdapter } from '../../lib/redis/index.js';
import { adapterContract } from '../cluster/adapter/adapter-contract.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { hasRedis } from '../support/redis-server.js';

adapterContract(
  'redisAdapter(new Cluster())',
  async () => {
    const cluster = await RedisCluster.start();
    return {
      async node(prefix) {
        const client = new Cluster(
          cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port })),
          { redisOptions: { keyPrefix: 'the-applications:' } },
        );
        client.on('error', () => {});
        return {
          adapter: redisAdapter(client, prefix === undefined ? {} : { prefix }),
          works: () => client.set('key', 'value'),
          close: async () => {
            client.disconnect();
          },
        };
      },
      server: cluster,
      stop: () => cluster.stop(),
    };
  },
  { skip: !hasRedis },
);
