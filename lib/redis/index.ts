/**
 * `express-mcp-sse/redis`: joins processes by Redis or Valkey.
 *
 * @module
 */
import { checkOptionNames } from '../cluster/adapter/adapter-options.js';
import type { Adapter } from '../cluster/adapter/adapter.js';
import { signedAdapter, type AdapterSecret } from '../cluster/adapter/signed-adapter.js';
import { McpSseError } from '../errors.js';
import { describeValue, isPromise } from '../util/describe-value.js';
import {
  ioredisClusterDriver,
  ioredisDriver,
  type IoredisClient,
  type IoredisCluster,
} from './ioredis.js';
import { RedisMember } from './redis-member.js';
import {
  nodeRedisClusterDriver,
  nodeRedisDriver,
  type NodeRedisClient,
  type NodeRedisCluster,
} from './node-redis.js';
import type { RedisDriver } from './driver.js';

export type { AdapterSecret, IoredisClient, IoredisCluster, NodeRedisClient, NodeRedisCluster };

/** A client of the package `redis` or `ioredis`, for one server or for a Redis Cluster. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoredisClient | IoredisCluster;

export interface RedisAdapterOptions {
  /**
   * The prefix of all channel names. Routers that share sessions use the same one; applications that
   * share a server but no sessions use different ones. Letters, digits and `_ . : / -`. On a Redis
   * Cluster it also decides which shard carries the traffic.
   *
   * @defaultValue `'mcp-sse'`
   */
  prefix?: string;
  /**
   * Signs the frames between nodes with HMAC-SHA-256, so that publishing on the channels is useless
   * without the secret. All nodes need the same secret. To rotate it without a gap, set `[old, new]` on
   * all nodes, then `[new, old]`, then `new`: frames are signed with the first and accepted with
   * either. A frame whose signature is missing, wrong, or more than a minute old is dropped and counted
   * in `stats().cluster.rejectedFrames`, so the clocks of the nodes must agree within a minute.
   *
   * @defaultValue none: frames are not signed
   */
  secret?: AdapterSecret;
}

/**
 * Connects nodes by Redis or Valkey pub/sub, sharded if `client` belongs to a cluster. Every node
 * needs its own client, all for the same server or cluster.
 *
 * Frames are published over `client`. The application owns it: connect it, close it, and listen to
 * its `error` events (without a listener the package `redis` ends the process). To listen, each node
 * opens one more connection by `duplicate()`.
 *
 * @throws {McpSseError} `invalid-option` for anything but such a client, a bad prefix, or an unknown option.
 */
export function redisAdapter(client: RedisClient, options: RedisAdapterOptions = {}): Adapter {
  checkOptionNames('redisAdapter', options, ['prefix', 'secret']);
  const { prefix = 'mcp-sse', secret } = options;
  if (typeof (prefix as unknown) !== 'string' || !/^[\w.:/-]{1,128}$/.test(prefix)) {
    throw new McpSseError(
      'invalid-option',
      'redisAdapter: `prefix` must be 1 to 128 letters, digits or any of "_.:/-".',
    );
  }
  const driver = driverOf(client);
  // The braces make all channels one slot, so that one connection can listen to all of ours.
  const tag = driver.sharded ? `{${prefix}}` : prefix;
  const adapter: Adapter = {
    join: (self, listener) => RedisMember.join(driver, tag, self, listener),
  };
  return secret === undefined ? adapter : signedAdapter(adapter, secret);
}

function driverOf(client: RedisClient): RedisDriver {
  // Users of plain JavaScript may pass anything.
  if (typeof client === 'object' && (client as unknown) !== null) {
    if ('isCluster' in client && client.isCluster) return ioredisClusterDriver(client);
    if ('status' in client && 'publish' in client) return ioredisDriver(client);
    // Version 4 of `redis` has no `destroy`, and a sentinel client of it no `options`.
    if ('nodeClient' in client && 'destroy' in client) return nodeRedisClusterDriver(client);
    if ('options' in client && 'destroy' in client) return nodeRedisDriver(client);
  }
  throw new McpSseError(
    'invalid-option',
    'redisAdapter: pass a client of `redis` 5 or newer (createClient, createCluster) or of ' +
      `\`ioredis\`; this is ${describeValue(client)}.${isPromise(client) ? ' Await it first.' : ''}`,
  );
}
