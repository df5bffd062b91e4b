// Alone: it counts the sockets of the process.

import { Redis } from 'ioredis';

import { redisAdapter } from '../../lib/redis/index.js';
import { adapterContract } from '../cluster/adapter/adapter-contract.js';
import { hasRedis, RedisServer } from '../support/redis-server.js';

adapterContract(
  'redisAdapter(new Redis())',
  async () => {
    const server = await RedisServer.begin();
    return {
      async node(prefix) {
        const client = new Redis(server.port, '127.0.0.1');
        client.on('error', () => {});
        return {
          adapter: redisAdapter(client, prefix === undefined ? {} : { prefix }),
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
