import { Redis } from 'ioredis';

import { redisEngine } from '../../lib/redis/index.js';
import { engineContract } from '../cluster/adapter/adapter-contract.js';
import { hasRedis, RedisServer } from '../support/redis-server.js';

engineContract(
  'redisEngine(new Redis())',
  async () => {
    const server = await RedisServer.begin();
    return {
      async node(prefix) {
        const client = new Redis(server.port, '127.0.0.1');
        client.on('error', () => {});
        return {
          engine: redisEngine(client, prefix === undefined ? {} : { prefix }),
          works: () => client.ping(),
          close: async () => {
            client.disconnect();
          },
        };
      },
      server,
      stop: () => server.stop(),
    };
  },
  { skip: !hasRedis },
);
