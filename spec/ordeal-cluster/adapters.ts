import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { createClient } from 'redis';

import type { Engine } from '../../lib/index.js';
import { natsEngine } from '../../lib/nats/index.js';
import { redisEngine } from '../../lib/redis/index.js';

export type EngineName = 'redis' | 'ioredis' | 'nats';

export interface OwnEngine {
  readonly engine: Engine;
  close(): unknown;
}

/** An engine as an application makes it, on the server at `port`. */
export const engines: Record<EngineName, (port: number) => Promise<OwnEngine>> = {
  async redis(port) {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on('error', () => undefined);
    await client.connect();
    return { engine: redisEngine(client), close: () => client.destroy() };
  },
  async ioredis(port) {
    const client = new Redis(port, '127.0.0.1');
    client.on('error', () => undefined);
    return { engine: redisEngine(client), close: () => client.disconnect() };
  },
  async nats(port) {
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
    });
    return { engine: natsEngine(connection), close: () => connection.close() };
  },
};
