import { expect, it, onTestFinished, vi } from 'vitest';

import { PendingMap } from '../../lib/util/pending-map.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

const late = (): Error => new Error('late');

it('gives each answer to its waiter, once', async () => {
  const pending = new PendingMap<string>();
  const [one, two] = [pending.wait('1', 1_000, late), pending.wait('2', 1_000, late)];
  expect([...pending.ids]).toEqual(['1', '2']);
  expect(pending.resolve('2', 'b')).toBe(true);
  expect(pending.resolve('2', 'c')).toBe(false);
  expect(pending.reject('1', new Error('refused'))).toBe(true);
  expect(pending.reject('1', new Error('twice'))).toBe(false);
  await expect(two).resolves.toBe('b');
  await expect(one).rejects.toThrow('refused');
  expect(pending.size).toBe(0);
});

it('rejects at the deadline, and leaves no timer behind', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const pending = new PendingMap<string>();
  const slow = pending.wait('slow', 2 ** 40, late);
  const answer = pending.wait('1', 1_000, late);
  const refused = expect(answer).rejects.toThrow('late');
  await vi.advanceTimersByTimeAsync(1_001);
  await refused;
  expect(pending.size).toBe(1);
  // Left unawaited: a rejection that nobody handles would fail the run.
  void pending.wait('2', 1_000, late);
  pending.rejectAll((id) => new Error(`no ${id}`));
  await expect(slow).rejects.toThrow('no slow');
  expect(vi.getTimerCount()).toBe(0);
});
