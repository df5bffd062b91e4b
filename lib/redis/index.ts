/**
 * `express-mcp-sse/redis`: joins processes by Redis or Valkey.
 *
 * @module
 */
import type { Engine } from '../cluster/adapter/adapter.js';
import { McpSseError } from '../errors.js';
import {
  ioredisClusterPort,
  ioredisPort,
  type IoredisClient,
  type IoredisCluster,
} from './ioredis.js';
import { RedisMember } from './redis-member.js';
import {
  nodeRedisClusterPort,
  nodeRedisPort,
  type NodeRedisClient,
  type NodeRedisCluster,
} from './node-redis.js';
import type { RedisPort } from './driver.js';

export type { IoredisClient, IoredisCluster, NodeRedisClient, NodeRedisCluster };

/** A client of the package `redis` or `ioredis`, for one server or for a Redis Cluster. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoredisClient | IoredisCluster;

export interface RedisEngineOptions {
  /**
   * What the names of all channels begin with. Routers that are to share sessions have the same;
   * applications that share a server but no sessions have different ones. Letters, digits and
   * `_ . : / -`. On a Redis Cluster it also decides which shard carries the traffic.
   *
   * @defaultValue `'mcp-sse'`
   */
  prefix?: string;
}

/**
 * Joins nodes by Redis or Valkey pub/sub, sharded if `client` is one of a cluster. Every node
 * needs its own client, and all of them the same server or cluster.
 *
 * Frames are published over `client`, which stays the application's: it is not connected and not
 * closed, and its `error` events are the application's to listen to (the package `redis` ends the
 * process if nobody does). For listening each node opens one connection like it, by `duplicate()`.
 *
 * @throws {McpSseError} `invalid-option` for something that is no such client, or a bad prefix.
 */
export function redisEngine(client: RedisClient, options: RedisEngineOptions = {}): Engine {
  const { prefix = 'mcp-sse' } = options;
  if (!/^[\w.:/-]{1,128}$/.test(prefix)) {
    throw new McpSseError(
      'invalid-option',
      'redisEngine: `prefix` must be 1 to 128 letters, digits or any of "_.:/-".',
    );
  }
  const port = portOf(client);
  // The braces make all channels one slot, so that one connection can listen to all of ours.
  const tag = port.sharded ? `{${prefix}}` : prefix;
  return { join: (self, listener) => RedisMember.join(port, tag, self, listener) };
}

function portOf(client: RedisClient): RedisPort {
  // Users of plain JavaScript may pass anything.
  if (typeof client === 'object' && (client as unknown) !== null) {
    if ('isCluster' in client && client.isCluster) return ioredisClusterPort(client);
    if ('status' in client && 'publish' in client) return ioredisPort(client);
    // Version 4 of `redis` has no `destroy`, and a sentinel client of it no `options`.
    if ('nodeClient' in client && 'destroy' in client) return nodeRedisClusterPort(client);
    if ('options' in client && 'destroy' in client) return nodeRedisPort(client);
  }
  throw new McpSseError(
    'invalid-option',
    'redisEngine: pass a client of `redis` 5 or newer (createClient, createCluster) or of `ioredis`.',
  );
}
