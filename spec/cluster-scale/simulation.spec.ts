import { expect, it } from 'vitest';

import { simulate } from './simulation.js';

// The short form of `run.ts`, whose figures are in docs/several-nodes.md.
it('keeps the cost of thirty nodes in bounds, and detects a death within ten seconds', async () => {
  const plan = { nodes: 30, seconds: 1, postsPerSecond: 100, patienceMs: 20_000 };
  const costs = await simulate(plan);
  expect(costs.failed).toBe(0);
  // 900 a second, as many as two beats fall into the second that is measured.
  expect(costs.quietDeliveries).toBeGreaterThan(0);
  expect(costs.quietDeliveries).toBeLessThanOrEqual(1_800);
  expect(costs.posts).toBeGreaterThan(20);
  expect(costs.links).toBeLessThanOrEqual(29);
  expect(costs.noticedBySender).toBeGreaterThan(5);
  expect(costs.noticedByOthers).toBeLessThan(15);
}, 300_000);
