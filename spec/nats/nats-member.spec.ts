import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { natsAdapter, type NatsConnection } from '../../lib/nats/index.js';
import type { NatsMessage } from '../../lib/nats/connection-monitor.js';
import { AdapterNode } from '../cluster/adapter/adapter-node.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { rejecting } from '../support/failing.js';
import { rounds } from '../support/rounds.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

type Callback = (error: Error | null, message: NatsMessage) => void;

/** A connection that does what the spec says. */
class FakeNats implements NatsConnection {
  readonly callbacks: Callback[] = [];
  /** The next thing that it tells of itself. */
  readonly told = deferred<IteratorResult<{ type: unknown }>>();
  flushes = 0;
  onFlush: () => Promise<void> = async () => {};
  onRequest: () => Promise<unknown> = async () => undefined;

  isClosed(): boolean {
    return false;
  }

  flush(): Promise<void> {
    this.flushes += 1;
    return this.onFlush();
  }

  publish(): void {}

  request(): Promise<unknown> {
    return this.onRequest();
  }

  status(): AsyncIterable<{ type: unknown }> {
    return { [Symbol.asyncIterator]: () => ({ next: () => this.told.promise }) };
  }

  subscribe(_subject: string, { callback }: { callback: Callback }): { unsubscribe(): void } {
    this.callbacks.push(callback);
    return { unsubscribe: () => {} };
  }
}

async function joined(): Promise<{ nats: FakeNats; node: AdapterNode }> {
  const nats = new FakeNats();
  return { nats, node: await AdapterNode.join(natsAdapter(nats)) };
}

describe('a node on NATS', () => {
  it('is out of reach when the connection stops reporting its status', async () => {
    const { nats, node } = await joined();
    nats.told.reject(new Error('broken'));
    await eventually(() => !node.up);
    expect(node.states).toEqual([true, false]);
  });

  it('ignores errors of a subscription, and frames after it has left', async () => {
    const { nats, node } = await joined();
    const [callback] = nats.callbacks;
    let responses = 0;
    const message = { data: Buffer.from('frame'), respond: () => (responses += 1) > 0 };
    callback!(null, message);
    callback!(new Error('permissions violation'), message);
    await node.member.leave();
    callback!(null, message);
    expect([node.frames, responses]).toEqual([['frame'], 1]);
  });

  it('leaves even if the server does not answer', async () => {
    const { nats, node } = await joined();
    nats.onFlush = rejecting(new Error('no answer'));
    await node.member.leave();
    expect(node.states).toEqual([true]);
  });

  it('stops looking for the server when it leaves', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { nats, node } = await joined();
    const answered = deferred();
    nats.onRequest = rejecting(new Error('timeout'));
    nats.onFlush = () => answered.promise;
    await expect(node.send(node, 'lost')).rejects.toThrow('timeout');
    await vi.advanceTimersByTimeAsync(100);
    expect(nats.flushes).toBe(2);
    nats.onFlush = async () => {};
    await node.member.leave();
    answered.resolve();
    await rounds(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('also understands the codes of the package `nats` for no listener', async () => {
    const { nats, node } = await joined();
    const failing = (code: string) => rejecting(Object.assign(new Error(code), { code }));
    nats.onRequest = failing('503');
    expect(await node.send(node, 'lost')).toBe(false);
    nats.onRequest = failing('TIMEOUT');
    await expect(node.send(node, 'lost')).rejects.toThrow('TIMEOUT');
  });
});
