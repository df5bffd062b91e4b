// Alone: its clock runs forty times as fast.
import { expect, it, vi } from 'vitest';

import { Pauses } from '../../lib/bridge/pauses.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fast-timers.js'));

it('doubles with each failure, until a connection was good for a while', async () => {
  const pauses = new Pauses();
  for (let n = 0; n < 7; n += 1) pauses.failed();
  expect(pauses.leftMs).toBeGreaterThan(1_000);
  expect(pauses.givenUp).toBe(true);
  // One that is lost soon counts as one more failure.
  pauses.opened();
  pauses.lost();
  expect(pauses.leftMs).toBeGreaterThan(1_000);
  pauses.opened();
  await new Promise((resolve) => setTimeout(resolve, 300));
  pauses.lost();
  expect(pauses.leftMs).toBeLessThanOrEqual(100);
  expect(pauses.givenUp).toBe(false);
});
