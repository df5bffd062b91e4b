import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { McpSseError } from '../../lib/errors.js';
import {
  ignoreRejection,
  ignoreResult,
  isPromiseLike,
  MAX_DELAY_MS,
  rejected,
  settledWithin,
  withDeadline,
} from '../../lib/util/promises.js';
import { deferred } from '../support/deferred.js';
import { outcomeOf } from '../support/outcome.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

/** A fake timer that starts while another one fires is due 1 ms later, an immediate too. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms + 1);

const late = () => new McpSseError('internal', 'late');

describe('work with a deadline', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('passes its result or error on, and leaves no timer behind', async () => {
    await expect(withDeadline(Promise.resolve(1), 1_000, late)).resolves.toBe(1);
    const failure = new Error('own');
    await expect(withDeadline(Promise.reject(failure), 1_000, late)).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may be awaited without its outcome', async () => {
    await expect(settledWithin(Promise.resolve(1), 1_000)).resolves.toBe(1);
    await expect(settledWithin(Promise.reject(new Error('own')), 1_000)).resolves.toBeUndefined();
    const waited = settledWithin(deferred().promise, 1_000);
    await pass(1_000);
    await expect(waited).resolves.toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is given up at its deadline, and not before', async () => {
    const work = outcomeOf(withDeadline(new Promise(() => {}), 1_000, late));
    await vi.advanceTimersByTimeAsync(999);
    expect(work.state).toBe('pending');
    await pass(1);
    expect(work.error).toMatchObject({ message: 'late' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may fail later without an unhandled rejection', async () => {
    const work = deferred();
    const given = outcomeOf(withDeadline(work.promise, 1_000, late));
    await pass(1_000);
    // An unhandled rejection would fail the run.
    work.reject(new Error('too late'));
    await vi.advanceTimersByTimeAsync(1);
    expect(given.error).toMatchObject({ message: 'late' });
  });

  it('limits a delay to the longest of timers', async () => {
    const work = outcomeOf(withDeadline(new Promise(() => {}), 2 ** 40, late));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(work.state).toBe('pending');
    await pass(MAX_DELAY_MS);
    expect(work.state).toBe('rejected');
  });

  it('gets a signal if it is a function, which is aborted at the deadline only', async () => {
    const signals: AbortSignal[] = [];
    const done = await withDeadline((signal) => signals.push(signal), 1_000, late);
    expect(done).toBe(1);
    const given = outcomeOf(
      withDeadline(
        (signal) => {
          signals.push(signal);
          return new Promise(() => {});
        },
        1_000,
        late,
      ),
    );
    await pass(1_000);
    expect(given.error).toMatchObject({ message: 'late' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  });

  it('rejects with the throw of a function, or of its `then`', async () => {
    const failure = new Error('own');
    const fail = () => {
      throw failure;
    };
    await expect(withDeadline(fail, 1_000, late)).rejects.toBe(failure);
    await expect(withDeadline({ then: fail }, 1_000, late)).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('a deadline accepts an answer that arrived during a long pause of the process', async () => {
  const echo = spawn(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)']);
  onTestFinished(() => void echo.kill());
  const answer = async (): Promise<string> => String(await once(echo.stdout, 'data'));
  echo.stdin.write('up');
  await answer();
  echo.stdin.write('back');
  const work = withDeadline(answer(), 5, late);
  const end = performance.now() + 200;
  while (performance.now() < end);
  await expect(work).resolves.toBe('back');
});

describe('a promise that is not awaited', () => {
  // An unhandled rejection would fail the run.
  it('may reject, and still rejects for those that await it', async () => {
    const failure = new Error('own');
    const promise = Promise.reject(failure);
    expect(ignoreRejection(promise)).toBe(promise);
    const other = rejected(failure);
    await new Promise(setImmediate);
    await expect(promise).rejects.toBe(failure);
    await expect(other).rejects.toBe(failure);
  });

  it('may be foreign: its behaviour is ignored', async () => {
    const fail = () => {
      throw new Error('own');
    };
    const getter = Object.defineProperty({}, 'then', { get: fail });
    for (const value of [1, rejected(new Error('own')), { then: fail }, getter]) {
      ignoreResult(value);
    }
    await new Promise(setImmediate);
  });
});

it('distinguishes awaitable values from others', () => {
  const thenable = { then: () => undefined };
  expect([Promise.resolve(), thenable].map(isPromiseLike)).toEqual([true, true]);
  const others = [undefined, null, 1, 'then', {}, { then: true }, () => undefined];
  expect(others.some(isPromiseLike)).toBe(false);
});

it('counts an unreadable value as awaitable: awaiting it shows why', async () => {
  const failure = new Error('own');
  const fail = () => {
    throw failure;
  };
  const getter = Object.defineProperty({}, 'then', { get: fail });
  const proxy = new Proxy({}, { get: fail, has: fail });
  for (const value of [getter, proxy]) {
    expect(isPromiseLike(value)).toBe(true);
    await expect((async () => value)()).rejects.toBe(failure);
  }
});
