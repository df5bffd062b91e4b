import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { streams } from './streams.mjs';

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval'];

// Not queueMicrotask: Node's own fetch, which the client uses, needs it.
beforeEach(() => {
  vi.useFakeTimers({ toFake: [...TIMERS, 'clearImmediate', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('streams go on', async () => {
  expect(await streams((ms) => vi.advanceTimersByTimeAsync(ms))).toEqual([3, 300_000]);
}, 20_000);
