import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';

import { streams } from './streams.mjs';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('streams go on', async () => {
  expect(await streams((ms) => jest.advanceTimersByTimeAsync(ms))).toEqual([3, 300_000]);
}, 20_000);
