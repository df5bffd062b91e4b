import { setImmediate } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { notification, request } from '../../support/messages.js';
import { newTrail } from './new-trail.js';

it('lets its POST wait until its call is told', async () => {
  const { trail, told } = newTrail();
  expect(trail.told()).toBeUndefined();
  trail.received(request(1));
  const waiting = trail.told();
  expect(await isSettled(waiting)).toBe(false);
  told.resolve();
  await waiting;
  trail.takeUpdate();
  expect(trail.told()).toBeUndefined();
});

it('stops the wait of its POST when its calls are answered or cancelled', async () => {
  const { trail } = newTrail();
  trail.received(request(1));
  trail.received(request(2));
  const waiting = trail.told();
  trail.answered(1, 1);
  expect(await isSettled(waiting)).toBe(false);
  trail.received(notification('notifications/cancelled', { requestId: 2 }));
  await waiting;
  expect(trail.told()).toBeUndefined();
  trail.received(request(3));
  expect(await isSettled(trail.told())).toBe(false);
});

it('lets its POST wait if the call is answered while its client is away', async () => {
  const { trail, session } = newTrail();
  trail.received(request(1));
  const waiting = trail.told();
  session.state = 'detached';
  trail.answered(1, 1);
  expect(await isSettled(waiting)).toBe(false);
});

it('lets no POST wait until an answer is told', () => {
  const { trail } = newTrail();
  trail.received(request(1));
  trail.takeUpdate();
  trail.answered(1, 1);
  expect(trail.told()).toBeUndefined();
});

function isSettled(promise: Promise<unknown> | undefined): Promise<boolean> {
  const later = setImmediate().then(() => false);
  return Promise.race([Promise.resolve(promise).then(() => true), later]);
}
