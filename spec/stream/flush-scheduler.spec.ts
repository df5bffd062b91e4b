import { afterEach, expect, it, vi } from 'vitest';

import { scheduleFlush } from '../../lib/stream/flush-scheduler.js';
import { rounds } from '../support/rounds.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

afterEach(() => {
  vi.restoreAllMocks();
});

/** Takers that write down when it is their turn. */
function takers(count: number, order: number[]): { flush: () => void }[] {
  return Array.from({ length: count }, (_, number) => ({ flush: () => order.push(number) }));
}

it('gives all callers a turn in this round of the event loop, with one immediate', async () => {
  const immediates = vi.spyOn(globalThis, 'setImmediate');
  const order: number[] = [];
  for (const taker of takers(1_000, order)) scheduleFlush(taker);
  expect(order).toEqual([]);
  expect(immediates).toHaveBeenCalledTimes(1);
  await rounds();
  expect(order).toEqual(Array.from({ length: 1_000 }, (_, number) => number));
});

it('gives a caller that asks during a turn the next one, after a round of the event loop', async () => {
  const order: string[] = [];
  const again = { flush: () => order.push('second') };
  const first = {
    flush() {
      order.push('first');
      scheduleFlush(again);
    },
  };
  scheduleFlush(first);
  await rounds();
  expect(order).toEqual(['first']);
  await rounds();
  expect(order).toEqual(['first', 'second']);
});
