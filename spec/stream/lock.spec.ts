import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Lock } from '../../lib/stream/lock.js';
import { deferred } from '../support/deferred.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';

describe('the lock', () => {
  it('runs a section only when the one before it has settled', async () => {
    const lock = new Lock();
    const first = deferred();
    let began = false;
    const running = lock.run(() => first.promise);
    const next = lock.run(() => (began = true));
    await rounds(3);
    expect(began).toBe(false);
    first.resolve();
    await Promise.all([running, next]);
    expect(began).toBe(true);
  });

  it('gives each caller the result or the error of its own section', async () => {
    const lock = new Lock();
    const outcomes = [
      lock.run(() => 1),
      lock.run(async () => Promise.reject(new Error('rejects'))),
      lock.run(() => {
        throw new Error('throws');
      }),
      lock.run(async () => Promise.resolve(4)),
    ].map(outcomeOf<unknown>);
    await rounds();
    expect(outcomes.map(({ value, error }) => value ?? (error as Error).message)).toEqual([
      1,
      'rejects',
      'throws',
      4,
    ]);
  });

  it('lets a section request another one, which waits behind earlier ones', async () => {
    const lock = new Lock();
    const order: string[] = [];
    let inner: Promise<unknown> | undefined;
    const first = lock.run(() => {
      inner = lock.run(() => order.push('asked from inside'));
      order.push('first');
    });
    const second = lock.run(() => order.push('second'));
    await Promise.all([first, second]);
    await inner;
    expect(order).toEqual(['first', 'second', 'asked from inside']);
  });

  it('never runs two sections at once, and runs all in order, however they are interleaved', async () => {
    const outcomes = fc.array(fc.constantFrom('resolves', 'rejects', 'throws', 'waits'), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), outcomes, async (scheduler, ends) => {
        const lock = new Lock();
        const order: number[] = [];
        let inside = 0;
        let most = 0;
        const section = async (index: number, end: string): Promise<void> => {
          most = Math.max(most, (inside += 1));
          order.push(index);
          try {
            if (end === 'throws') throw new Error(end);
            if (end === 'rejects') await scheduler.schedule(Promise.reject(new Error(end)));
            if (end === 'waits') await scheduler.schedule(Promise.resolve());
          } finally {
            inside -= 1;
          }
        };
        const asked: number[] = [];
        const all = ends.map(async (end, index) => {
          await scheduler.schedule(Promise.resolve());
          asked.push(index);
          await lock.run(() => section(index, end)).catch(() => undefined);
        });
        await scheduler.waitFor(Promise.all(all));
        expect(most).toBeLessThanOrEqual(1);
        expect(order).toEqual(asked);
      }),
    );
  });
});
