import { expect, it } from 'vitest';

import { McpSseError } from '../../../lib/errors.js';
import { Receiver } from '../../../lib/session/inbound/receiver.js';
import { notification, request } from '../../support/messages.js';
import { FACTS } from '../../support/session-rig.js';

/** A receiver whose sink says, or does not say, when its work is over. */
function rig(reportsCompletion: boolean) {
  let held = 0;
  const receiver = new Receiver(
    {
      handle: {},
      state: 'open',
      messageReceived: (message) => message,
      heldBytesChanged: (bytes) => (held += bytes),
      deliveryFailed: () => {},
    },
    2,
  );
  receiver.serveWith({ reportsCompletion, receive: () => {}, closed: () => {} });
  const state = (): [size: number, held: number] => [receiver.inFlight.size, held];
  return { receiver, state };
}

const cancel = (requestId: number) => notification('notifications/cancelled', { requestId });

it('frees the slot of a cancelled request after two seconds if its end is not reported', () => {
  const { receiver, state } = rig(false);
  void receiver.receive([request(1), request(2)], FACTS, 200);
  const before = performance.now();
  void receiver.receive([cancel(1)], FACTS);
  const after = performance.now();
  receiver.sweep(before + 1_999);
  expect(state()).toEqual([2, 200]);
  receiver.sweep(after + 2_000);
  expect(state()).toEqual([1, 100]);
});

it('waits for work whose end is reported, however long that takes', () => {
  const { receiver, state } = rig(true);
  void receiver.receive([request(1), cancel(1)], FACTS, 100);
  receiver.sweep(performance.now() + 1e9);
  expect(state()).toEqual([1, 100]);
  receiver.inFlight.release(1);
  expect(state()).toEqual([0, 0]);
});

it.each([
  [true, 100],
  [false, 0],
])('counts work that runs on after the close, if its end is reported (%s)', (reports, held) => {
  const { receiver, state } = rig(reports);
  void receiver.receive([request(1)], FACTS, 100);
  receiver.close(() => new McpSseError('session-closed', 'over'));
  expect(state()).toEqual([held / 100, held]);
});
