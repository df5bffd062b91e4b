import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { createClient } from 'redis';

import type { Adapter } from '../../lib/index.js';
import { natsAdapter } from '../../lib/nats/index.js';
import { redisAdapter } from '../../lib/redis/index.js';

export type AdapterName = 'redis' | 'ioredis' | 'nats';

export interface OwnAdapter {
  readonly adapter: Adapter;
  close(): unknown;
}

/** An adapter as an application makes it, on the server at `port`. */
export const adapters: Record<AdapterName, (port: number) => Promise<OwnAdapter>> = {
  async redis(port) {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on('error', () => undefined);
    await client.connect();
    return { adapter: redisAdapter(client), close: () => client.destroy() };
  },
  async ioredis(port) {
    const client = new Redis(port, '127.0.0.1');
    client.on('error', () => undefined);
    return { adapter: redisAdapter(client), close: () => client.disconnect() };
  },
  async nats(port) {
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
    });
    return { adapter: natsAdapter(connection), close: () => connection.close() };
  },
};
