import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { redisAdapter } from '../../lib/redis/index.js';
import { ioredisClusterDriver } from '../../lib/redis/ioredis.js';
import { nodeRedisClusterDriver } from '../../lib/redis/node-redis.js';
import { AdapterNode } from '../cluster/adapter/adapter-node.js';
import { eventually } from '../support/eventually.js';
import { hasRedis, RedisServer } from '../support/redis-server.js';

it.each(['', 'with space', '{tag}', 'x'.repeat(129)])('refuses the prefix %j', (prefix) => {
  const client = createClient();
  expect(() => redisAdapter(client, { prefix })).toThrow(/prefix/);
});

it('refuses an unknown option and suggests the right name', () => {
  const options = [{ perfix: 'a' }, null, 'prefix', { prefix: 1 }];
  const messages = options.map((wrong) => {
    try {
      redisAdapter(createClient(), wrong as never);
    } catch (error) {
      return (error as Error).message;
    }
    return 'taken';
  });
  expect(messages).toEqual([
    'redisAdapter: unknown option perfix: did you mean prefix?',
    'redisAdapter: options must be an object.',
    'redisAdapter: options must be an object.',
    expect.stringContaining('`prefix` must be'),
  ]);
});

it('refuses a value that is no client, and says what to pass', () => {
  for (const wrong of [undefined, null, 'redis://127.0.0.1', {}, redisAdapter]) {
    expect(() => redisAdapter(wrong as never)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringMatching('redis') }),
    );
  }
  const sentinel = createSentinel({ name: 'main', sentinelRootNodes: [] });
  expect(() => redisAdapter(sentinel as never)).toThrow(/createClient/);
});

describe('a cluster client without a connection', () => {
  const cluster = createCluster({ rootNodes: [] });
  const other = new Cluster(['127.0.0.1'], { lazyConnect: true });

  it('is refused if it is not connected, with the call that connects it', async () => {
    for (const client of [cluster, other]) {
      const joined = AdapterNode.join(redisAdapter(client));
      await expect(joined).rejects.toThrow(/Call `await client.connect\(\)` first/);
    }
  });

  it('has no server to subscribe at', async () => {
    for (const port of [nodeRedisClusterDriver(cluster), ioredisClusterDriver(other)]) {
      await expect(port.subscriber('channel')).rejects.toThrow(/has no server/);
    }
  });
});

describe.skipIf(!hasRedis)("the application's client", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.begin();
  });
  afterAll(() => server.stop());

  const nodeRedis = (options: Parameters<typeof createClient>[0] = {}) => {
    const client = createClient({ url: server.url, ...options });
    client.on('error', () => {});
    onTestFinished(() => {
      client.destroy();
    });
    return client;
  };
  const ioredis = (options: Omit<RedisOptions, 'replyMapping'> = {}): Redis => {
    const client = new Redis({ port: server.port, host: '127.0.0.1', ...options });
    client.on('error', () => {});
    onTestFinished(() => {
      client.disconnect();
    });
    return client;
  };

  it('is refused if it is not connected, with the call that connects it', async () => {
    for (const client of [nodeRedis(), ioredis({ lazyConnect: true })]) {
      await expect(AdapterNode.join(redisAdapter(client))).rejects.toThrow(
        /Call `await client.connect\(\)` first/,
      );
    }
    await expect.poll(() => server.clients()).toBe(0);
  });

  it('may still be connecting', async () => {
    const client = nodeRedis();
    const connecting = client.connect();
    expect(client.isReady).toBe(false);
    expect((await AdapterNode.join(redisAdapter(client))).up).toBe(true);
    await connecting;
    const other = ioredis();
    expect(other.status).not.toBe('ready');
    expect((await AdapterNode.join(redisAdapter(other))).up).toBe(true);
  });

  it('costs one more connection for each node', async () => {
    for (const client of [await nodeRedis().connect(), ioredis()]) {
      const node = await AdapterNode.join(redisAdapter(client));
      const before = await server.clients();
      for (let count = 0; count < 100; count += 1) await node.send(node, `frame ${count}`);
      expect(await server.clients()).toBe(before);
      const listening = await server.command('CLIENT', 'LIST', 'TYPE', 'pubsub');
      expect(listening.split('\n')).toHaveLength(1);
      await node.member.leave();
      await expect.poll(() => server.clients()).toBe(before - 1);
    }
  });

  it('may have any settings of its own', async () => {
    const clients = [
      await nodeRedis({ RESP: 2, disableOfflineQueue: true, name: 'mine', database: 1 }).connect(),
      await nodeRedis({ socket: { reconnectStrategy: false } }).connect(),
      ioredis({ protocol: 2, enableOfflineQueue: false, db: 1, keyPrefix: 'mine:' }),
      ioredis({ maxRetriesPerRequest: 0, stringNumbers: true, enableReadyCheck: false }),
    ];
    const nodes = [];
    for (const client of clients) nodes.push(await AdapterNode.join(redisAdapter(client)));
    for (const from of nodes) {
      for (const to of nodes) {
        expect(await from.send(to, from.address)).toBe(true);
        await to.has(from.address);
      }
      expect(await from.member.send('nobody', 'lost')).toBe(false);
    }
  });

  it('must not block: the adapter reports the likely reason for being out of reach', async () => {
    const client = await nodeRedis().connect();
    const reasons: (Error | undefined)[] = [];
    const listener = {
      frame: () => {},
      state: (_up: boolean, reason?: Error) => void reasons.push(reason),
    };
    const member = await redisAdapter(client).join('A'.repeat(12), listener);
    onTestFinished(() => member.leave());
    const blocked = client.blPop('nothing', 5);
    await eventually(() => reasons.length === 2, 'state(false)');
    expect(reasons[1]?.message).toMatch(/PUBLISH .*blocking command.* took longer than 1400 ms/);
    await blocked;
    await eventually(() => reasons.length === 3, 'state(true)');
    expect(reasons[2]).toBeUndefined();
  }, 60_000);

  it('counts the listeners at EVERYONE', async () => {
    const nodes = [];
    for (const client of [await nodeRedis().connect(), ioredis()]) {
      nodes.push(await AdapterNode.join(redisAdapter(client, { prefix: 'counted' })));
    }
    for (const { member } of nodes) {
      await member.send('*', 'beat');
      expect(member.listeners).toBe(2);
    }
  });

  it('must not be connected to a replica, because other nodes would miss its messages', async () => {
    const replica = await RedisServer.begin(['--replicaof', '127.0.0.1', String(server.port)]);
    onTestFinished(() => replica.stop());
    const there = [
      await nodeRedis({ url: replica.url }).connect(),
      await nodeRedis({ url: replica.url, RESP: 2 }).connect(),
      ioredis({ port: replica.port }),
    ];
    for (const client of there) {
      await expect(AdapterNode.join(redisAdapter(client))).rejects.toThrow(/a replica/);
    }
    // A failover that leaves it where it is.
    const client = await nodeRedis().connect();
    const node = await AdapterNode.join(redisAdapter(client));
    const master = await RedisServer.begin();
    onTestFinished(() => master.stop());
    await server.command('REPLICAOF', '127.0.0.1', String(master.port));
    await eventually(() => !node.up, 'state(false)');
    await server.command('REPLICAOF', 'NO', 'ONE');
    await eventually(() => node.up, 'state(true)');
  }, 60_000);

  it('carries signed frames for nodes with the same secret', async () => {
    const nodes = [];
    for (const secret of ['one', 'one', 'two'] as const) {
      const client = await nodeRedis().connect();
      nodes.push(await AdapterNode.join(redisAdapter(client, { secret, prefix: 'signed' })));
    }
    const [a, b, stranger] = nodes as [AdapterNode, AdapterNode, AdapterNode];
    await a.send(b, 'signed');
    await b.has('signed');
    await stranger.send(b, 'wrong');
    await eventually(() => b.member.rejectedFrames === 1);
    expect(b.frames).toEqual(['signed']);
    expect(() => redisAdapter(nodeRedis(), { secret: '' })).toThrow(/secret/);
  });

  it('needs no more than these permissions', async () => {
    const user =
      `on >secret resetkeys resetchannels &mcp-sse:* -@all +hello +publish +subscribe +unsubscribe`.split(
        ' ',
      );
    await server.command(
      'ACL',
      'SETUSER',
      'few',
      ...user,
      '+publish',
      '+subscribe',
      '+unsubscribe',
    );
    for (const client of [
      await nodeRedis({ username: 'few', password: 'secret' }).connect(),
      ioredis({ username: 'few', password: 'secret', enableReadyCheck: false }),
    ]) {
      const node = await AdapterNode.join(redisAdapter(client));
      expect(await node.send(node, 'allowed')).toBe(true);
      await node.has('allowed');
      const stranger = redisAdapter(client, { prefix: 'other' });
      await expect(AdapterNode.join(stranger)).rejects.toThrow(/NOPERM/);
    }
  });
});
