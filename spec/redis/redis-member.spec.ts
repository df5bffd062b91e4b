import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { AdapterListener } from '../../lib/cluster/adapter/adapter.js';
import { RedisMember } from '../../lib/redis/redis-member.js';
import type { Subscriber, RedisDriver } from '../../lib/redis/driver.js';
import { AdapterNode } from '../cluster/adapter/adapter-node.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { hanging, rejecting } from '../support/failing.js';
import { outcomeOf } from '../support/outcome.js';

class FakeEar implements Subscriber {
  opened = false;
  destroyed = false;
  hear: (frame: string) => void = () => {};
  lost: () => void = () => {};

  constructor(private readonly redis: FakeRedis) {}

  async open(_channels: string[], hear: (frame: string) => void, lost: () => void): Promise<void> {
    Object.assign(this, { opened: true, hear, lost });
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
  readonly ears: FakeEar[] = [];
  /** Marks that were to come back. */
  marks = 0;
  onFind: () => Promise<void> = async () => {};
  onSubscribe: (ear: FakeEar) => Promise<void> = async () => {};
  onUnsubscribe: () => Promise<void> = async () => {};
  /** Runs when a mark has come back. */
  onHeard: (ear: FakeEar) => void = () => {};

  readiness(): 'ready' {
    return 'ready';
  }

  async publish(_channel: string, frame: string): Promise<number> {
    const ear = this.ears.find(({ opened, destroyed }) => opened && !destroyed);
    if (/:\d+$/.test(frame)) {
      this.marks += 1;
      ear?.hear(frame);
      if (ear) this.onHeard(ear);
    }
    return ear ? 1 : 0;
  }

  probe(channel: string, mark: string): Promise<number> {
    return this.publish(channel, mark);
  }

  async subscriber(): Promise<Subscriber> {
    await this.onFind();
    const ear = new FakeEar(this);
    this.ears.push(ear);
    return ear;
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
  expect(redis.ears.map(({ destroyed }) => destroyed)).toEqual([true]);
  return error;
}

const WAS_LOST = new Error('The connection to Redis was lost.');

describe('a node that joins over Redis', () => {
  it('does not, and asks no further, when its connection is lost while it subscribes', async () => {
    const redis = new FakeRedis();
    redis.onSubscribe = async (ear) => {
      ear.lost();
    };
    expect(await refusal(redis)).toEqual(WAS_LOST);
    expect(redis.marks).toBe(0);
  });

  it('does not when its connection is lost as soon as its mark has come back', async () => {
    const redis = new FakeRedis();
    redis.onHeard = (ear) => {
      ear.lost();
    };
    expect(await refusal(redis)).toEqual(WAS_LOST);
  });

  it('opens one connection, whatever becomes of that', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const redis = new FakeRedis();
    redis.onSubscribe = (ear) => {
      ear.lost();
      return hanging();
    };
    const refused = outcomeOf(refusal(redis));
    await vi.advanceTimersByTimeAsync(2_100);
    expect(refused.value).toMatchObject({ message: expect.stringContaining('SUBSCRIBE took') });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a node on Redis', () => {
  it('ends a connection that may not subscribe, and opens the next one', async () => {
    const redis = new FakeRedis();
    const node = await AdapterNode.join(redis);
    redis.onSubscribe = () => {
      redis.onSubscribe = async () => {};
      return rejecting(new Error('NOPERM'))();
    };
    redis.ears[0]!.lost();
    await eventually(() => node.states.length === 3);
    expect(node.states).toEqual([true, false, true]);
    expect(redis.ears.map(({ destroyed }) => destroyed)).toEqual([true, true, false]);
    // One for each connection that has subscribed.
    expect(redis.marks).toBe(2);
  });

  it('does not open a connection that it finds a server for only after it has left', async () => {
    const redis = new FakeRedis();
    const node = await AdapterNode.join(redis);
    const found = deferred();
    let looked = false;
    redis.onFind = () => {
      looked = true;
      return found.promise;
    };
    redis.ears[0]!.lost();
    await eventually(() => looked);
    await node.member.leave();
    found.resolve();
    await eventually(() => redis.ears[1]?.destroyed === true);
    expect(redis.ears[1]?.opened).toBe(false);
    expect(node.states).toEqual([true, false]);
  });

  it('leaves although Redis does not let it unsubscribe', async () => {
    const redis = new FakeRedis();
    const node = await AdapterNode.join(redis);
    redis.onUnsubscribe = rejecting(new Error('no'));
    await node.member.leave();
    expect(redis.ears[0]?.destroyed).toBe(true);
  });
});
