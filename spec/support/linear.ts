/** Tells linear work from quadratic work, also on a machine that is busy with other things. */
import { expect } from 'vitest';

/**
 * Work on four times the input takes as long as four times the work: some more where it needs more of
 * the caches and new pages of memory. Quadratic work takes four times as long.
 */
const MOST = 2.5;
const ROUNDS = 8;
/** Linear work is done by then, and quadratic work need not be finished. */
const ENOUGH_MS = 10_000;

/**
 * Expects `work` for `factor` 4 to take at most two and a half times the processor's time of four
 * times `work` for `factor` 1. Sums over several rounds count, because a short time is not exact.
 */
export async function expectLinear(work: (factor: 1 | 4) => unknown): Promise<void> {
  const timeOf = async (factors: readonly (1 | 4)[]): Promise<number> => {
    const before = process.cpuUsage();
    for (const factor of factors) await work(factor);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const end = performance.now() + ENOUGH_MS;
  await timeOf([1]);
  let small = 0;
  let large = 0;
  let ratio = Infinity;
  for (let round = 0; round < ROUNDS && ratio > MOST; round += 1) {
    small += await timeOf([1, 1, 1, 1]);
    if (performance.now() > end) break;
    large += await timeOf([4]);
    ratio = large / small;
  }
  expect(ratio).toBeLessThanOrEqual(MOST);
}
