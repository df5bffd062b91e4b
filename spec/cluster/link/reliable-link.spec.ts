import { expect, it } from 'vitest';

import { ReliableLink, type LinkOwner } from '../../../lib/cluster/link/reliable-link.js';
import { SendWindow } from '../../../lib/cluster/link/send-window.js';

const NO_ACK = { epoch: 0, cursor: 0, missing: false };

/** A link on a clock of its own, whose adapter takes everything and delivers nothing. */
function lonelyLink() {
  const clock = { now: 1_000 };
  const events: string[] = [];
  const owner: LinkOwner = {
    self: 'self',
    transmit: async () => true,
    onMessage: (message) => events.push(`received ${message.length}`),
    onPeerAbsent: () => events.push('absent'),
    onReset: () => events.push('broken'),
    onPeerReset: () => events.push('restarted'),
  };
  return { link: new ReliableLink(owner, () => clock.now), clock, events };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('gives up on a peer that acknowledges nothing, whatever the adapter says', async () => {
  const { link, clock, events } = lonelyLink();
  link.push('hello');
  await turn();
  for (let seconds = 0; seconds < 14; seconds += 1) {
    link.tick((clock.now += 1_000));
    await turn();
  }
  expect(events).toEqual([]);
  expect(link.resent).toBeGreaterThan(10);
  link.tick((clock.now += 1_000));
  expect(events).toEqual(['broken']);
  expect(link.isIdle).toBe(true);
});

it('joins pieces up to a bound, and takes the next message after that', () => {
  const { link, events } = lonelyLink();
  const piece = `+${'x'.repeat(1024 * 1024)}`;
  for (let first = 1; first <= 129; first += 1) {
    link.packetArrived({ epoch: 1, first, bodies: [piece], ack: NO_ACK });
  }
  link.packetArrived({ epoch: 1, first: 130, bodies: ['.', '.next'], ack: NO_ACK });
  expect(events).toEqual(['received 0', 'received 4']);
});

it('has at most a window on its way, and the rest when that is acknowledged', () => {
  const outgoing = new SendWindow();
  const body = 'x'.repeat(60 * 1024);
  for (let n = 0; n < 40; n += 1) outgoing.push(body);
  const shipped = (): number => {
    let count = 0;
    for (const batch of outgoing.fresh()) count += batch.toPacket(NO_ACK).bodies.length;
    return count;
  };
  expect(shipped()).toBe(17);
  expect(shipped()).toBe(0);
  outgoing.acknowledged({ epoch: 1, cursor: 10, missing: false });
  expect(shipped()).toBe(10);
  expect(outgoing.chars).toBe(30 * body.length);
});

it('keeps the number of a message that was taken back before it was sent', () => {
  const outgoing = new SendWindow();
  outgoing.withdraw(outgoing.push('.taken back'));
  outgoing.push('.next');
  const frames = outgoing.fresh().map((batch) => batch.toPacket(NO_ACK));
  expect(frames).toMatchObject([{ first: 1, bodies: ['', '.next'] }]);
});
