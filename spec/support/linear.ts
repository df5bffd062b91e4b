/** Tells linear work from quadratic work, also on a machine that is busy with other things. */
import { expect } from 'vitest';

/**
 * Four times the input takes four times the time, or some more, since it needs more of the caches and
 * of the collector; quadratic work takes sixteen times.
 */
const MOST = 8;
const ROUNDS = 8;
/** Linear work is done by then, and quadratic work need not be finished. */
const ENOUGH_MS = 10_000;

/**
 * Expects `work` to take no more than eight times the processor's time for `factor` 4 as for
 * `factor` 1. The least of several rounds counts.
 */
export async function expectLinear(work: (factor: 1 | 4) => unknown): Promise<void> {
  const timeOf = async (factor: 1 | 4): Promise<number> => {
    const before = process.cpuUsage();
    await work(factor);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const end = performance.now() + ENOUGH_MS;
  await timeOf(1);
  let small = Infinity;
  let large = Infinity;
  let ratio = Infinity;
  for (let round = 0; round < ROUNDS && ratio > MOST; round += 1) {
    small = Math.min(small, await timeOf(1), await timeOf(1));
    if (performance.now() > end) break;
    large = Math.min(large, await timeOf(4));
    ratio = large / small;
  }
  expect(ratio).toBeLessThanOrEqual(MOST);
}
