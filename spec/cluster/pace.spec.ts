import { expect, it } from 'vitest';

import { heartbeatInterval } from '../../lib/cluster/pace.js';

it.each([1, 2, 3, 30, 70])('lets %i nodes beat once a second', (nodes) => {
  expect(heartbeatInterval(nodes)).toBe(1_000);
});

it.each([71, 100, 300, 1_000])('keeps %i nodes at 5,000 deliveries a second', (nodes) => {
  const deliveries = (nodes * nodes * 1_000) / heartbeatInterval(nodes);
  expect(deliveries).toBeGreaterThan(4_900);
  expect(deliveries).toBeLessThanOrEqual(5_001);
});
