import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { AdapterListener } from '../../lib/cluster/adapter/adapter.js';
import { RedisMember } from '../../lib/redis/redis-member.js';
import type { Subscriber, RedisDriver } from '../../lib/redis/driver.js';
import { AdapterNode } from '../cluster/adapter/adapter-node.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { hanging, rejecting } from '../support/failing.js';
import { outcomeOf } from '../support/outcome.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

class FakeSubscriber implements Subscriber {
  opened = false;
  destroyed = false;
  onFrame: (frame: string) => void = () => {};
  onLost: () => void = () => {};

  constructor(private readonly redis: FakeRedis) {}

  async open(
    _channels: string[],
    onFrame: (frame: string) => void,
    onLost: () => void,
  ): Promise<void> {
    Object.assign(this, { opened: true, onFrame, onLost });
    await this.redis.onSubscribe(this);
  }

  unsubscribe(): Promise<unknown> {
    return this.redis.onUnsubscribe();
  }

  destroy(): void {
    this.destroyed = true;
  }
}

/** A Redis that is a client, a server and both connections, and does what the spec says. */
class FakeRedis implements RedisDriver {
  readonly sharded = false;
  readonly subscribers: FakeSubscriber[] = [];
  /** Echoes that were to come back. */
  echoes = 0;
  onFind: () => Promise<void> = async () => {};
  onSubscribe: (subscriber: FakeSubscriber) => Promise<void> = async () => {};
  onUnsubscribe: () => Promise<void> = async () => {};
  /** Runs when an echo has come back. */
  onEcho: (subscriber: FakeSubscriber) => void = () => {};

  readiness(): 'ready' {
    return 'ready';
  }

  async publish(_channel: string, frame: string): Promise<number> {
    const subscriber = this.subscribers.find(({ opened, destroyed }) => opened && !destroyed);
    if (/:\d+$/.test(frame)) {
      this.echoes += 1;
      subscriber?.onFrame(frame);
      if (subscriber) this.onEcho(subscriber);
    }
    return subscriber ? 1 : 0;
  }

  probe(channel: string, echo: string): Promise<number> {
    return this.publish(channel, echo);
  }

  async subscriber(): Promise<Subscriber> {
    await this.onFind();
    const subscriber = new FakeSubscriber(this);
    this.subscribers.push(subscriber);
    return subscriber;
  }

  join(self: string, listener: AdapterListener): Promise<RedisMember> {
    return RedisMember.join(this, 'prefix', self, listener);
  }
}

/** Why `redis` does not let a node join, which is told nothing. */
async function refusal(redis: FakeRedis): Promise<unknown> {
  const node = new AdapterNode();
  const error: unknown = await redis.join(node.address, node).catch((thrown: unknown) => thrown);
  expect(node.states).toEqual([]);
  expect(redis.subscribers.map(({ destroyed }) => destroyed)).toEqual([true]);
  return error;
}

const WAS_LOST = new Error('The connection to Redis was lost.');

describe('a node that joins over Redis', () => {
  it('fails, without further commands, if its connection is lost while it subscribes', async () => {
    const redis = new FakeRedis();
    redis.onSubscribe = async (subscriber) => {
      subscriber.onLost();
    };
    expect(await refusal(redis)).toEqual(WAS_LOST);
    expect(redis.echoes).toBe(0);
  });

  it('fails if its connection is lost as soon as its echo has come back', async () => {
    const redis = new FakeRedis();
    redis.onEcho = (subscriber) => {
      subscriber.onLost();
    };
    expect(await refusal(redis)).toEqual(WAS_LOST);
  });

  it('opens one connection, whatever happens to it', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const redis = new FakeRedis();
    redis.onSubscribe = (subscriber) => {
      subscriber.onLost();
      return hanging();
    };
    const refused = outcomeOf(refusal(redis));
    await vi.advanceTimersByTimeAsync(2_100);
    expect(refused.value).toMatchObject({ message: expect.stringContaining('SUBSCRIBE took') });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a node on Redis', () => {
  it('closes a connection that may not subscribe, and opens the next one', async () => {
    const redis = new FakeRedis();
    const node = await AdapterNode.join(redis);
    redis.onSubscribe = () => {
      redis.onSubscribe = async () => {};
      return rejecting(new Error('NOPERM'))();
    };
    redis.subscribers[0]!.onLost();
    await eventually(() => node.states.length === 3);
    expect(node.states).toEqual([true, false, true]);
    expect(redis.subscribers.map(({ destroyed }) => destroyed)).toEqual([true, true, false]);
    // One for each connection that has subscribed.
    expect(redis.echoes).toBe(2);
  });

  it('does not open a connection if it finds the server only after it has left', async () => {
    const redis = new FakeRedis();
    const node = await AdapterNode.join(redis);
    const found = deferred();
    let looked = false;
    redis.onFind = () => {
      looked = true;
      return found.promise;
    };
    redis.subscribers[0]!.onLost();
    await eventually(() => looked);
    await node.member.leave();
    found.resolve();
    await eventually(() => redis.subscribers[1]?.destroyed === true);
    expect(redis.subscribers[1]?.opened).toBe(false);
    expect(node.states).toEqual([true, false]);
  });

  it('leaves even if Redis does not let it unsubscribe', async () => {
    const redis = new FakeRedis();
    const node = await AdapterNode.join(redis);
    redis.onUnsubscribe = rejecting(new Error('no'));
    await node.member.leave();
    expect(redis.subscribers[0]?.destroyed).toBe(true);
  });
});
