// Alone: the clock is the spec's.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { BroadcastClock, type Broadcast } from '../../../lib/cluster/handover/broadcast-clock.js';

vi.mock('../../../lib/util/timers.js', () => import('../../support/fakeable-timers.js'));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const broadcast = (node: string, n: number): Broadcast => ({
  ...{ node, n, principal: undefined },
  message: { jsonrpc: '2.0', method: 'note' },
});
const names = (broadcasts: readonly Broadcast[]): string[] =>
  broadcasts.map(({ node, n }) => `${node}${n}`);

it('returns the last broadcast of each node, as a copy', () => {
  const clock = new BroadcastClock();
  expect(clock.last).toEqual({});
  clock.note(broadcast('a', 1));
  const before = clock.last;
  clock.note(broadcast('b', 7));
  clock.note(broadcast('a', 2));
  expect(clock.last).toEqual({ a: 2, b: 7 });
  expect(before).toEqual({ a: 1 });
});

it('returns the broadcasts that a session has missed, in order of arrival', () => {
  const clock = new BroadcastClock();
  for (const each of ['a1', 'b1', 'a2', 'c1', 'b2']) {
    clock.note(broadcast(each.slice(0, 1), Number(each.slice(1))));
  }
  expect(names(clock.missedBy({ a: 1, b: 2 }))).toEqual(['a2', 'c1']);
  expect(names(clock.missedBy({}))).toEqual(['a1', 'b1', 'a2', 'c1', 'b2']);
  expect(clock.missedBy({ a: 2, b: 2, c: 1 })).toEqual([]);
});

it('keeps broadcasts for 35 seconds, and 256 at most', () => {
  const clock = new BroadcastClock();
  clock.note(broadcast('a', 1));
  vi.advanceTimersByTime(34_999);
  clock.note(broadcast('a', 2));
  expect(names(clock.missedBy({}))).toEqual(['a1', 'a2']);
  vi.advanceTimersByTime(2);
  // Also where nothing has come since.
  expect(names(clock.missedBy({}))).toEqual(['a2']);
  for (let n = 3; n <= 300; n += 1) clock.note(broadcast('a', n));
  const kept = clock.missedBy({});
  expect(kept).toHaveLength(256);
  expect(kept[0]?.n).toBe(45);
});
