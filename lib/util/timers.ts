// Node's timers and clock, from before any test faked them.
//
// Tests of applications replace the globals (vitest, jest, sinon), but streams on real sockets need
// the real ones. The names are those of the globals, so a module only has to import them.
import { performance as nodeClock } from 'node:perf_hooks';
// Named imports: fake timers also change the properties of the module, and these do not see that.
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
