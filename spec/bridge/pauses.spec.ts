// Alone: its clock runs forty times as fast.
import { expect, it, vi } from 'vitest';

import { HopError, refusal } from '../../lib/bridge/hop-error.js';
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

it('does not hold back a caller who has other headers than the refused ones', () => {
  const [old, renewed] = [{ authorization: 'old' }, { authorization: 'new' }];
  for (const status of [401, 403]) {
    const pauses = new Pauses();
    pauses.failed(refusal(status, {}), old);
    expect([pauses.isTooEarlyFor(old), pauses.isTooEarlyFor(renewed)]).toEqual([true, false]);
    // This one is not the caller's fault.
    for (const error of [refusal(503, {}), new HopError('unreachable', 'No')]) {
      pauses.failed(error, renewed);
      expect([pauses.isTooEarlyFor(old), pauses.isTooEarlyFor(renewed)]).toEqual([true, true]);
    }
  }
});
