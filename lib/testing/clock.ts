// Deadlines of the testing kit.
/** Deadlines by the real clock, also while a test fakes the timers. */
import timers from 'node:timers';

import { startDeadline, withDeadline, type Clock } from '../util/promises.js';

// Copied before any test fakes them: what a real socket delivers has a deadline in real time.
const clock: Clock = { ...timers };

/** Calls `late` after `ms` milliseconds, unless the function that it returns is called first. */
export function alarm(ms: number, late: () => void): () => void {
  return startDeadline(ms, late, { clock, keepsAlive: true });
}

/** Resolves or rejects as `work` does, or rejects with `late()` after `ms` milliseconds. */
export function within<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return withDeadline(work, ms, late, { clock, keepsAlive: true });
}
