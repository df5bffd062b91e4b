import { expect } from 'vitest';

import type { McpSseStats } from '../../lib/index.js';

/** Asserts these counters exactly; to `toMatchObject`, an empty object is like any other. */
export function expectStats(
  { stats }: { stats(): McpSseStats },
  expected: Partial<McpSseStats>,
): void {
  const all = Object.entries(stats());
  expect(Object.fromEntries(all.filter(([name]) => name in expected))).toEqual(expected);
}
