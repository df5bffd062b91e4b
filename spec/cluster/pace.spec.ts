import { expect, it } from 'vitest';

import { heartbeatInterval, Pace } from '../../lib/cluster/pace.js';

it.each([1, 2, 3, 30, 70])('lets %i nodes send a heartbeat once a second', (nodes) => {
  expect(heartbeatInterval(nodes)).toBe(1_000);
});

it.each([71, 100, 300, 1_000])('limits %i nodes to 5,000 deliveries a second', (nodes) => {
  const deliveries = (nodes * nodes * 1_000) / heartbeatInterval(nodes);
  expect(deliveries).toBeGreaterThan(4_900);
  expect(deliveries).toBeLessThanOrEqual(5_001);
});

it('spreads the heartbeats of many nodes that start together, then keeps their interval', () => {
  const paces = Array.from({ length: 300 }, () => new Pace());
  const interval = heartbeatInterval(300);
  const first = paces.map((pace) => pace.next(300));
  expect(Math.min(...first)).toBeLessThan(interval / 10);
  expect(Math.max(...first)).toBeGreaterThan(interval * 0.9);
  const then = paces.map((pace) => pace.next(300));
  expect(Math.min(...then)).toBeGreaterThanOrEqual(interval * 0.9);
  expect(Math.max(...then)).toBeLessThanOrEqual(interval * 1.1);
  expect(new Set(then).size).toBeGreaterThan(290);
  expect(paces[0]?.next(30)).toBe(1_000);
});
