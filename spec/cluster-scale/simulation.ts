import { setTimeout as pause } from 'node:timers/promises';

import { localAdapter, type Adapter, type AdapterMember } from '../../lib/adapter/index.js';
import { Membership } from '../../lib/cluster/membership.js';
import { heartbeatInterval } from '../../lib/cluster/pace.js';

/** What one size of the cluster costs. */
export interface Costs {
  readonly nodes: number;
  /** Milliseconds between two heartbeats of a node. */
  readonly heartbeatMs: number;
  /** A second, in the whole cluster, while nothing else is said: what the adapter delivers. */
  readonly quietDeliveries: number;
  /** The same with POSTs, and the bytes of it. */
  readonly deliveries: number;
  readonly bytes: number;
  readonly posts: number;
  readonly failed: number;
  /** Links that a node has at the end, at most. */
  readonly links: number;
  /** Of heap for a node, in KiB, with all that it knows of the others. */
  readonly kib: number;
  /** Seconds until a node that sends to one that is dead takes it for that. */
  readonly noticedBySender: number;
  /** The same for those that do not send; undefined where it was not waited for. */
  readonly noticedByOthers: number | undefined;
}

export interface Plan {
  readonly nodes: number;
  readonly seconds: number;
  /** In the whole cluster. */
  readonly postsPerSecond: number;
  /** How long to wait for those that do not send to a dead node. */
  readonly patienceMs: number;
}

/** Counts what passes, and lets nodes die without a word. */
class CountingAdapter implements Adapter {
  deliveries = 0;
  bytes = 0;
  readonly dead = new Set<string>();
  readonly #inner = localAdapter();
  #members = 0;

  async join(...[self, listener]: Parameters<Adapter['join']>): Promise<AdapterMember> {
    const member = await this.#inner.join(self, listener);
    this.#members += 1;
    const send = async (to: string, frame: string): Promise<boolean> => {
      if (this.dead.has(self)) throw new Error('it is dead');
      if (this.dead.has(to)) return false;
      const receivers = to === '*' ? this.#members : 1;
      this.deliveries += receivers;
      this.bytes += receivers * Buffer.byteLength(frame);
      return member.send(to, frame);
    };
    return { send, leave: () => member.leave() };
  }
}

/** A cluster in one process, without sockets: what its size costs, measured. */
export async function simulate({
  nodes: count,
  seconds,
  postsPerSecond,
  patienceMs,
}: Plan): Promise<Costs> {
  const adapter = new CountingAdapter();
  const heapBefore = heap();
  const nodes: Membership[] = [];
  for (let n = 0; n < count; n += 1) {
    const owner = { onCall: async () => null, onError: () => undefined };
    nodes.push(new Membership(`node-${String(n).padStart(7, '0')}`, adapter, owner));
    // All at once would be a burst that no roll-out makes.
    if (n % 10 === 9) await pause(1);
  }
  await until(() => nodes.every(({ aliveCount }) => aliveCount === count - 1), 120_000);
  // Until each has counted the others.
  await pause(1_500);
  const kib = (heap() - heapBefore) / count / 1_024;
  const quietDeliveries = await rate(adapter, seconds);
  const posting = startPosting(nodes, postsPerSecond);
  const [bytesBefore, deliveriesBefore] = [adapter.bytes, adapter.deliveries];
  await pause(seconds * 1_000);
  const deliveries = (adapter.deliveries - deliveriesBefore) / seconds;
  const bytes = (adapter.bytes - bytesBefore) / seconds;
  const { posts, failed } = await posting.stop();
  const links = Math.max(...nodes.map(({ peers }) => peers.length));
  const { bySender, byOthers } = await death(nodes, adapter, patienceMs);
  await Promise.all(nodes.map((node) => node.leave()));
  return {
    nodes: count,
    heartbeatMs: heartbeatInterval(count),
    quietDeliveries,
    deliveries,
    bytes,
    posts: posts / seconds,
    failed,
    links,
    kib,
    noticedBySender: bySender,
    noticedByOthers: byOthers,
  };
}

async function rate(adapter: CountingAdapter, seconds: number): Promise<number> {
  const before = adapter.deliveries;
  await pause(seconds * 1_000);
  return (adapter.deliveries - before) / seconds;
}

function startPosting(nodes: readonly Membership[], perSecond: number) {
  let [posts, failed] = [0, 0];
  const pending = new Set<Promise<unknown>>();
  const any = (): Membership | undefined => nodes[Math.floor(Math.random() * nodes.length)];
  const timer = setInterval(() => {
    for (let n = 0; n < perSecond / 100; n += 1) {
      const [from, to] = [any(), any()];
      if (!from || !to || from === to) continue;
      posts += 1;
      const text = 'x'.repeat(200);
      const call = from.peer(to.self)?.call('post', { text }) ?? Promise.reject(new Error('?'));
      const settled = call.catch(() => (failed += 1)).finally(() => pending.delete(settled));
      pending.add(settled);
    }
  }, 10);
  const stop = async (): Promise<{ posts: number; failed: number }> => {
    clearInterval(timer);
    const sent = posts;
    await Promise.all(pending);
    return { posts: sent, failed };
  };
  return { stop };
}

/** Seconds until one that asks the dead node every 200 ms is told that it is gone, and until all know. */
async function death(
  nodes: readonly Membership[],
  adapter: CountingAdapter,
  patienceMs: number,
): Promise<{ bySender: number; byOthers: number | undefined }> {
  const [dead, asker, ...others] = nodes;
  if (!dead || !asker) throw new Error('there are no nodes');
  adapter.dead.add(dead.self);
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  const peer = asker.peer(dead.self);
  await until(() => {
    void peer?.call('find', {});
    return peer?.ended === true;
  }, 60_000);
  const bySender = seconds();
  const allKnow = until(() => others.every((node) => node.peer(dead.self)?.ended), patienceMs);
  const byOthers = await allKnow.then(seconds, () => undefined);
  return { bySender, byOthers };
}

async function until(holds: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it has not come about');
    await pause(200);
  }
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
