import { expect } from 'vitest';

import type { SessionStats } from '../../lib/index.js';

/** Asserts these counters exactly; to `toMatchObject`, an empty object is like any other. */
export function expectStats(
  { stats }: { stats(): SessionStats },
  expected: Partial<SessionStats>,
): void {
  const all = Object.entries(stats());
  expect(Object.fromEntries(all.filter(([name]) => name in expected))).toEqual(expected);
}
