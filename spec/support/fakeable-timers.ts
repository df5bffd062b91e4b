// For `vi.mock('…/lib/util/timers.js', () => import('…/support/fakeable-timers.js'))`: the timers of
// the package are then the global ones, so that a spec about a deadline can hold the clock.

export const setTimeout = (work: () => void, ms?: number): NodeJS.Timeout =>
  globalThis.setTimeout(work, ms);
export const clearTimeout = (timer?: NodeJS.Timeout): void => globalThis.clearTimeout(timer);
export const setInterval = (work: () => void, ms?: number): NodeJS.Timeout =>
  globalThis.setInterval(work, ms);
export const clearInterval = (timer?: NodeJS.Timeout): void => globalThis.clearInterval(timer);
export const setImmediate = (work: () => void): NodeJS.Immediate => globalThis.setImmediate(work);
export const clearImmediate = (immediate?: NodeJS.Immediate): void =>
  globalThis.clearImmediate(immediate);
export const performance: { now: () => number; timeOrigin: number } = {
  now: () => globalThis.performance.now(),
  timeOrigin: globalThis.performance.timeOrigin,
};
