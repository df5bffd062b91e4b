import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { McpSseError } from '../../lib/index.js';
import { isPromiseLike, MAX_DELAY_MS, withDeadline } from '../../lib/util/promises.js';
import { deferred } from '../support/deferred.js';
import { outcomeOf } from '../support/outcome.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

const late = () => new McpSseError('internal', 'late');

describe('work with a deadline', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('passes its result or its error on, and leaves no timer behind', async () => {
    await expect(withDeadline(Promise.resolve(1), 1_000, late)).resolves.toBe(1);
    const failure = new Error('own');
    await expect(withDeadline(Promise.reject(failure), 1_000, late)).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is given up when its time has passed, and not before', async () => {
    const work = outcomeOf(withDeadline(new Promise(() => {}), 1_000, late));
    await vi.advanceTimersByTimeAsync(999);
    expect(work.state).toBe('pending');
    await vi.advanceTimersByTimeAsync(1);
    expect(work.error).toMatchObject({ message: 'late' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may fail later, and nobody is told: the process goes on', async () => {
    const work = deferred();
    const given = outcomeOf(withDeadline(work.promise, 1_000, late));
    await vi.advanceTimersByTimeAsync(1_000);
    // An unhandled rejection would fail the run.
    work.reject(new Error('too late'));
    await vi.advanceTimersByTimeAsync(1);
    expect(given.error).toMatchObject({ message: 'late' });
  });

  it('takes a delay that is longer than timers take as the longest', async () => {
    const work = outcomeOf(withDeadline(new Promise(() => {}), 2 ** 40, late));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(work.state).toBe('pending');
    await vi.advanceTimersByTimeAsync(MAX_DELAY_MS);
    expect(work.state).toBe('rejected');
  });
});

it('tells what can be awaited from what cannot', () => {
  const thenable = { then: () => undefined };
  expect([Promise.resolve(), thenable].map(isPromiseLike)).toEqual([true, true]);
  const others = [undefined, null, 1, 'then', {}, { then: true }, () => undefined];
  expect(others.some(isPromiseLike)).toBe(false);
});
