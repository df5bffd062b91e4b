import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import { redisAdapter, type RedisClient } from '../../lib/redis/index.js';
import { AdapterNode } from '../cluster/adapter/adapter-node.js';
import { eventually } from '../support/eventually.js';
import { hasRedis, RedisServer } from '../support/redis-server.js';
import { Wire } from '../support/wire.js';

const clients: Record<string, (port: number) => Promise<RedisClient>> = {
  async 'node-redis'(port) {
    const client = createClient({ socket: { port, host: '127.0.0.1' } });
    client.on('error', () => {});
    onTestFinished(() => {
      client.destroy();
    });
    return client.connect();
  },
  // With `maxRetriesPerRequest: 0`, ioredis' own re-subscribing would be an unhandled rejection.
  async ioredis(port) {
    const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 0 });
    client.on('error', () => {});
    onTestFinished(() => {
      client.disconnect();
    });
    return client;
  },
};

describe.skipIf(!hasRedis).each(Object.keys(clients))('the connections of %s', (name) => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.begin();
  });
  afterAll(() => server.stop());

  async function node(port = server.port): Promise<AdapterNode> {
    return AdapterNode.join(redisAdapter(await clients[name]!(port)));
  }

  async function getsThrough(from: AdapterNode, to: AdapterNode): Promise<void> {
    await eventually(() => from.up && to.up, 'state(true)');
    expect(await from.send(to, `after ${to.states.length}`)).toBe(true);
    await to.has(`after ${to.states.length}`);
  }

  it('reports out of reach until it has subscribed again', async () => {
    const [a, b] = [await node(), await node()];
    for (let round = 1; round <= 5; round += 1) {
      const told = b.states.length;
      expect(await server.cutThe('pubsub')).toBe(2);
      await eventually(() => b.states.length >= told + 2, 'state(false), state(true)');
      expect(b.states.slice(told)).toEqual([false, true]);
      await getsThrough(a, b);
    }
  });

  it("sends again as soon as the application's client is back", async () => {
    const [a, b] = [await node(), await node()];
    // Only what is no subscriber: the two publishers, and redis-cli.
    expect(await server.cutThe('normal')).toBeGreaterThanOrEqual(2);
    await eventually(() => a.states.length > 0);
    let sent = false;
    await expect.poll(async () => (sent = await a.send(b, 'sent').catch(() => false))).toBe(true);
    expect(sent).toBe(true);
    await b.has('sent');
  });

  it('may be reset without output on the console', async () => {
    const wire = await Wire.to(server.port);
    onTestFinished(() => {
      wire.close();
    });
    const written = vi.spyOn(console, 'error');
    onTestFinished(() => {
      written.mockRestore();
    });
    const [a, b] = [await node(), await node(wire.port)];
    expect(wire.cut()).toBe(2);
    await eventually(() => b.states.includes(false), 'state(false)');
    await getsThrough(a, b);
    expect(written).not.toHaveBeenCalled();
  });

  it('do not count once a node has left, even if the server takes them for open', async () => {
    const wire = await Wire.to(server.port);
    onTestFinished(() => {
      wire.close();
    });
    const [a, b] = [await node(), await node(wire.port)];
    const before = await server.clients();
    wire.linger();
    await b.member.leave();
    expect(await a.send(b, 'gone')).toBe(false);
    expect(await server.clients()).toBe(before);
  });

  it('notices a connection that has died silently', { timeout: 60_000 }, async () => {
    const wire = await Wire.to(server.port);
    onTestFinished(() => {
      wire.close();
    });
    const [a, b] = [await node(), await node(wire.port)];
    wire.loseLast();
    // What listens for b has ended on the server, and b has not been told.
    await expect.poll(() => a.send(b, 'nobody hears')).toBe(false);
    expect(b.states).toEqual([true]);
    await eventually(() => b.states.length === 3, 'state(false), state(true)');
    expect(b.states).toEqual([true, false, true]);
    await getsThrough(a, b);
  });
});
