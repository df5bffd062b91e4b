// Node's timers and clock, from before any test faked them.
/**
 * Node's timers and clock as they were when this module was loaded. Tests of applications replace
 * the global ones, by vitest, jest or sinon; a stream on a real socket goes on by the real ones.
 *
 * The names are those of the globals, so that an import is all that a module needs.
 */
import { performance as nodeClock } from 'node:perf_hooks';
// By name: fake timers change the properties of the module too, which a named import does not see.
import {
  clearImmediate as nodeClearImmediate,
  clearInterval as nodeClearInterval,
  clearTimeout as nodeClearTimeout,
  setImmediate as nodeSetImmediate,
  setInterval as nodeSetInterval,
  setTimeout as nodeSetTimeout,
} from 'node:timers';

export const setTimeout: typeof nodeSetTimeout = nodeSetTimeout;
export const clearTimeout: typeof nodeClearTimeout = nodeClearTimeout;
export const setInterval: typeof nodeSetInterval = nodeSetInterval;
export const clearInterval: typeof nodeClearInterval = nodeClearInterval;
export const setImmediate: typeof nodeSetImmediate = nodeSetImmediate;
export const clearImmediate: typeof nodeClearImmediate = nodeClearImmediate;
export const performance: Pick<typeof nodeClock, 'now' | 'timeOrigin'> = {
  now: nodeClock.now.bind(nodeClock),
  timeOrigin: nodeClock.timeOrigin,
};
