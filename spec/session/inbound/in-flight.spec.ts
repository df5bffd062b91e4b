import { expect, it } from 'vitest';

import { InFlight } from '../../../lib/session/inbound/in-flight.js';
import { notification, request, result } from '../../support/messages.js';
import { outcomeOf } from '../../support/outcome.js';
import { rounds } from '../../support/rounds.js';

const OWNER = { heldBytesChanged: () => {} };
const tooMany = expect.objectContaining({ code: 'too-many-in-flight' });
const inUse = expect.objectContaining({ code: 'invalid-message' });

it('admits requests up to its limit, and more when some are answered', () => {
  const inFlight = new InFlight(OWNER, 2);
  inFlight.admit([request(1), request('a')]);
  expect(() => {
    inFlight.admit([request(2)]);
  }).toThrow(tooMany);
  inFlight.release('a');
  expect(inFlight.size).toBe(1);
  inFlight.admit([request(2)]);
  expect(inFlight.size).toBe(2);
});

it('admits a batch whole or not at all', () => {
  const inFlight = new InFlight(OWNER, 2);
  expect(() => {
    inFlight.admit([request(1), request(2), request(3)]);
  }).toThrow(tooMany);
  expect(inFlight.size).toBe(0);
});

it('admits notifications and responses however full it is', () => {
  const inFlight = new InFlight(OWNER, 1);
  inFlight.admit([request(1)]);
  inFlight.admit([notification(), result(9)]);
  expect(inFlight.size).toBe(1);
});

it('refuses an id that is in use, even within one batch, and admits it again later', () => {
  const inFlight = new InFlight(OWNER, 5);
  inFlight.admit([request(1)]);
  expect(() => {
    inFlight.admit([request(1)]);
  }).toThrow(inUse);
  expect(() => {
    inFlight.admit([request(2), request(2)]);
  }).toThrow(inUse);
  expect(inFlight.has(2)).toBe(false);
  inFlight.release(1);
  inFlight.admit([request(1)]);
});

it('distinguishes a number from the same digits as a string', () => {
  const inFlight = new InFlight(OWNER, 5);
  inFlight.admit([request(1), request('1')]);
  inFlight.release('1');
  expect(inFlight.has('1')).toBe(false);
  expect(inFlight.has(1)).toBe(true);
});

it('releases a request once, and its bytes with it', () => {
  let held = 0;
  const inFlight = new InFlight({ heldBytesChanged: (bytes) => (held += bytes) }, 5);
  inFlight.admit([request(1), request(2)], 301);
  expect(held).toBe(302);
  for (const id of [1, 1, 'never there']) inFlight.release(id);
  expect([inFlight.size, held]).toEqual([1, 151]);
  inFlight.release(2);
  expect([inFlight.size, held]).toEqual([0, 0]);
});

it('keeps the slot and the bytes of a request that is cancelled until its work is over', () => {
  let held = 0;
  const inFlight = new InFlight({ heldBytesChanged: (bytes) => (held += bytes) }, 2);
  inFlight.admit([request(1), request(2)], 200);
  inFlight.cancel(1, 'enough');
  inFlight.cancel(1, 'enough');
  expect([inFlight.has(1), inFlight.size, held]).toEqual([false, 2, 200]);
  expect(() => {
    inFlight.admit([request(3)]);
  }).toThrow(tooMany);
  inFlight.release(1);
  inFlight.admit([request(3)]);
  expect([inFlight.size, held]).toEqual([2, 100]);
});

it('releases requests that were cancelled before a time, and no others', async () => {
  const inFlight = new InFlight(OWNER, 3);
  inFlight.admit([request(1), request(2), request(3)]);
  const before = performance.now();
  inFlight.cancel(1, 'enough');
  inFlight.releaseCancelledBefore(before - 1);
  expect(inFlight.size).toBe(3);
  const between = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 5));
  inFlight.cancel(2, 'enough');
  inFlight.releaseCancelledBefore(between);
  expect([inFlight.size, inFlight.has(3)]).toEqual([2, true]);
  inFlight.releaseCancelledBefore(Infinity);
  expect([inFlight.size, inFlight.has(3)]).toEqual([1, true]);
});

it('aborts the signal of a request that is cancelled, with the reason', () => {
  const inFlight = new InFlight(OWNER, 5);
  inFlight.admit([request(1), request(2)]);
  const [first, second] = [inFlight.signal(1), inFlight.signal(2)];
  inFlight.cancel(1, 'enough');
  expect(first.reason).toBe('enough');
  expect(second.aborted).toBe(false);
  inFlight.cancelAll(() => 'all');
  expect(second.reason).toBe('all');
  expect([inFlight.has(1), inFlight.has(2)]).toEqual([false, false]);
});

it('returns one signal for each request, and does not abort it when the request is answered', () => {
  const inFlight = new InFlight(OWNER, 5);
  inFlight.admit([request(1)]);
  const signal = inFlight.signal(1);
  expect(inFlight.signal(1)).toBe(signal);
  inFlight.release(1);
  inFlight.cancel(1, 'too late');
  expect(signal.aborted).toBe(false);
});

it('returns an aborted signal for a request that is cancelled or over', () => {
  const inFlight = new InFlight(OWNER, 5);
  inFlight.admit([request(1)]);
  inFlight.cancel(1, 'unseen');
  expect(inFlight.signal(1).aborted).toBe(true);
  inFlight.release(1);
  expect(inFlight.signal(1).aborted).toBe(true);
  expect(inFlight.has(1)).toBe(false);
});

it('is idle when the last request is answered or cancelled, and at once when there is none', async () => {
  const inFlight = new InFlight(OWNER, 5);
  await inFlight.idle();
  inFlight.admit([request(1), request(2)]);
  const one = outcomeOf(inFlight.idle());
  const other = outcomeOf(inFlight.idle());
  inFlight.release(1);
  await rounds();
  expect(one.state).toBe('pending');
  inFlight.cancel(2, undefined);
  await rounds();
  expect([one.state, other.state]).toEqual(['resolved', 'resolved']);
});
