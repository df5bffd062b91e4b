// Deadlines of the testing kit, by the real clock even while a test fakes timers.
import timers from 'node:timers';

import { startDeadline, withDeadline, type Clock } from '../util/promises.js';

// Copied before a test can fake them: real sockets need deadlines in real time.
const clock: Clock = { ...timers };

/** Calls `late` after `ms` milliseconds. Returns a function that cancels that. */
export function alarm(ms: number, late: () => void): () => void {
  return startDeadline(ms, late, { clock, keepsAlive: true });
}

/** Resolves or rejects as `work` does, or rejects with `late()` after `ms` milliseconds. */
export function within<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return withDeadline(work, ms, late, { clock, keepsAlive: true });
}
