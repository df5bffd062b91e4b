import { expect } from 'vitest';

import type { SessionStats, SessionTotals } from '../../lib/index.js';

/** Gauges and totals that are expected, some of either. */
type ExpectedStats = Partial<Omit<SessionStats, 'totals'>> & { totals?: Partial<SessionTotals> };

/** Asserts these figures exactly; to `toMatchObject`, an empty object is like any other. */
export function expectStats(
  { stats }: { stats(): SessionStats },
  { totals = {}, ...gauges }: ExpectedStats,
): void {
  const all = stats();
  expect(pick(all, gauges)).toEqual(gauges);
  expect(pick(all.totals, totals)).toEqual(totals);
}

function pick(all: object, names: object): object {
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in names));
}
