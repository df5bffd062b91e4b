// For `vi.mock('…/lib/util/timers.js', () => import('…/support/fast-timers.js'))`: all that the
// package waits for comes forty times as fast.
import { performance as clock } from 'node:perf_hooks';
import {
  clearImmediate,
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval as slowInterval,
  setTimeout as slowTimeout,
} from 'node:timers';

const TIMES = 40;

export { clearImmediate, clearInterval, clearTimeout, setImmediate };
export const setTimeout = (work: () => void, ms = 0): NodeJS.Timeout =>
  slowTimeout(work, ms / TIMES);
export const setInterval = (work: () => void, ms = 0): NodeJS.Timeout =>
  slowInterval(work, ms / TIMES);
export const performance: { now: () => number; timeOrigin: number } = {
  now: () => clock.now() * TIMES,
  timeOrigin: clock.timeOrigin,
};
