import { expect, it } from 'vitest';

import { McpSseError } from '../../../lib/errors.js';
import { ScopeGate } from '../../../lib/session/inbound/scope-gate.js';
import type { JsonRpcMessage } from '../../../lib/wire/json-rpc.js';
import { deferred, type Deferred } from '../../support/deferred.js';
import { notification, request, result } from '../../support/messages.js';

const missing = (): McpSseError => new McpSseError('insufficient-scope', 'no');

/** A gate whose checks of requests named `later…` wait until they are told to go on. */
function rig(maxWaiting = 10) {
  const dispatched: unknown[] = [];
  const checked: unknown[] = [];
  const answers = new Map<unknown, Deferred<void>>();
  let held = 0;
  const gate = new ScopeGate(
    ({ id, method }, { authInfo }) => {
      checked.push([id, authInfo]);
      if (method === 'refused') throw missing();
      if (!method.startsWith('later')) return;
      const answer = deferred();
      answers.set(id, answer);
      return answer.promise;
    },
    { heldBytesChanged: (bytes) => (held += bytes) },
    maxWaiting,
  );
  const pass = (name: string, ...messages: JsonRpcMessage[]): void | Promise<void> =>
    gate.pass(messages, { authInfo: 'auth', headers: {} }, 100, () => dispatched.push(name));
  return { dispatched, checked, answers, pass, held: () => held };
}

it('passes a request with a synchronous check in the same tick', () => {
  const { pass, dispatched, checked, held } = rig();
  expect(pass('one', request(1), notification(), request(2))).toBeUndefined();
  expect(() => pass('two', request(3), request(4, 'refused'))).toThrow(missing());
  expect(dispatched).toEqual(['one']);
  expect(checked).toEqual([1, 2, 3, 4].map((id) => [id, 'auth']));
  expect(held()).toBe(0);
});

it('keeps the order of POSTs, so that no cancellation overtakes its request', async () => {
  const { pass, dispatched, answers, held } = rig();
  const first = pass('call', request(1, 'later'));
  const second = pass('cancel', notification('notifications/cancelled', { requestId: 1 }));
  const third = pass('call again', request(2, 'later'));
  answers.get(2)?.resolve();
  await answers.get(2)?.promise;
  expect(dispatched).toEqual([]);
  expect(held()).toBe(300);
  answers.get(1)?.resolve();
  await Promise.all([first, second, third]);
  expect(dispatched).toEqual(['call', 'cancel', 'call again']);
  expect(held()).toBe(0);
  // Nothing waits any more.
  expect(pass('next', request(3))).toBeUndefined();
});

it('passes answers of the client meanwhile: a check may wait for one', () => {
  const { pass, dispatched, answers } = rig();
  const waiting = pass('call', request(1, 'later'));
  expect(pass('answer', result('s1'))).toBeUndefined();
  expect(dispatched).toEqual(['answer']);
  answers.get(1)?.resolve();
  return waiting;
});

it('refuses a request whose check fails later, and passes the next one', async () => {
  const { pass, dispatched, answers, held } = rig();
  const refused = pass('batch', request(1, 'later'), request(2));
  const behind = pass('behind', request(3));
  answers.get(1)?.reject(missing());
  await expect(refused).rejects.toEqual(missing());
  await behind;
  expect(dispatched).toEqual(['behind']);
  expect(held()).toBe(0);
});

it('checks the requests of a batch one after the other', async () => {
  const { pass, checked, answers } = rig();
  const batch = pass('batch', request(1, 'later'), request(2, 'later'), request(3));
  expect(checked).toEqual([[1, 'auth']]);
  answers.get(1)?.resolve();
  await answers.get(1)?.promise;
  answers.get(2)?.resolve();
  await batch;
  expect(checked).toHaveLength(3);
});

it('bounds the number of waiting POSTs', async () => {
  const { pass, answers, dispatched, held } = rig(2);
  const first = pass('one', request(1, 'later'));
  const second = pass('two', request(2));
  expect(() => pass('three', request(3))).toThrow('too many requests of this session are waiting');
  expect(held()).toBe(200);
  answers.get(1)?.resolve();
  await Promise.all([first, second]);
  expect(dispatched).toEqual(['one', 'two']);
});
