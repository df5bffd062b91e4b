import { expect, it } from 'vitest';

import { Slots } from '../../lib/util/slots.js';
import { deferred } from '../support/deferred.js';
import { rounds } from '../support/rounds.js';

it('runs as much work at a time as it has slots, and the rest in order', async () => {
  const slots = new Slots(2);
  const gates = Array.from({ length: 5 }, () => deferred());
  const begun: number[] = [];
  const done = gates.map((gate, n) =>
    slots.run(async () => {
      begun.push(n);
      await gate.promise;
      return n;
    }),
  );
  await rounds();
  expect(begun).toEqual([0, 1]);
  gates[1]!.resolve();
  await rounds();
  expect(begun).toEqual([0, 1, 2]);
  for (const gate of gates) gate.resolve();
  expect(await Promise.all(done)).toEqual([0, 1, 2, 3, 4]);
});

it('frees the slot of work that fails, also before it has begun to wait', async () => {
  const slots = new Slots(1);
  const rejects = slots.run(() => Promise.reject(new Error('late')));
  const throws = slots.run(() => {
    throw new Error('at once');
  });
  const works = slots.run(() => Promise.resolve(3));
  await expect(rejects).rejects.toThrow('late');
  await expect(throws).rejects.toThrow('at once');
  expect(await works).toBe(3);
  expect(await slots.run(() => Promise.resolve(4))).toBe(4);
});
