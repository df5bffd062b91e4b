// Alone: it counts the sockets of the process.

import { createClient } from 'redis';

import { redisAdapter } from '../../lib/redis/index.js';
import { adapterContract } from '../cluster/adapter/adapter-contract.js';
import { hasRedis, RedisServer } from '../support/redis-server.js';

adapterContract(
  'redisAdapter(createClient())',
  async () => {
    const server = await RedisServer.begin();
    return {
      async node(prefix) {
        const client = createClient({ url: server.url });
        client.on('error', () => {});
        await client.connect();
        return {
          adapter: redisAdapter(client, prefix === undefined ? {} : { prefix }),
          works: () => client.ping(),
          close: async () => {
            client.destroy();
          },
        };
      },
      server,
      stop: () => server.stop(),
    };
  },
  { skip: !hasRedis },
);
