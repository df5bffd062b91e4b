import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';

import type { Adapter } from '../../lib/index.js';
import { natsAdapter } from '../../lib/nats/index.js';
import { redisAdapter } from '../../lib/redis/index.js';

export type AdapterName =
  'redis' | 'ioredis' | 'nats' | 'nats-small' | 'nats-cluster' | 'sentinel' | 'redis-cluster';

export interface OwnAdapter {
  readonly adapter: Adapter;
  close(): unknown;
}

async function nats(ports: string): Promise<OwnAdapter> {
  const connection = await connect({
    servers: ports.split(',').map((port) => `127.0.0.1:${port}`),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
  });
  return { adapter: natsAdapter(connection), close: () => connection.close() };
}

/** An adapter as an application makes it, on the server at that port, or the servers at these. */
export const adapters: Record<AdapterName, (ports: string) => Promise<OwnAdapter>> = {
  async redis(port) {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on('error', () => undefined);
    await client.connect();
    return { adapter: redisAdapter(client), close: () => client.destroy() };
  },
  async ioredis(port) {
    const client = new Redis(Number(port), '127.0.0.1');
    client.on('error', () => undefined);
    return { adapter: redisAdapter(client), close: () => client.disconnect() };
  },
  nats,
  'nats-small': nats,
  'nats-cluster': nats,
  async sentinel(ports) {
    const sentinels = ports.split(',').map((port) => ({ host: '127.0.0.1', port: Number(port) }));
    const client = new Redis({ sentinels, name: 'main' });
    client.on('error', () => undefined);
    return { adapter: redisAdapter(client), close: () => client.disconnect() };
  },
  async 'redis-cluster'(ports) {
    const rootNodes = ports.split(',').map((port) => ({ url: `redis://127.0.0.1:${port}` }));
    const cluster = createCluster({ rootNodes });
    cluster.on('error', () => undefined);
    await cluster.connect();
    return { adapter: redisAdapter(cluster), close: () => cluster.destroy() };
  },
};
