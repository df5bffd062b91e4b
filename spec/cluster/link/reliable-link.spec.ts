import { describe, expect, it } from 'vitest';

import { McpSseError } from '../../../lib/errors.js';
import { LinkBudget } from '../../../lib/cluster/link/link-budget.js';
import { parsePacket } from '../../../lib/cluster/link/packet.js';
import { ReliableLink, type LinkOwner } from '../../../lib/cluster/link/reliable-link.js';

const NO_ACK = { epoch: 0, cursor: 0, missing: false };
const MIB = 1024 * 1024;

/** A link on a clock of its own, whose adapter takes everything and delivers nothing. */
function lonelyLink(owner: Partial<LinkOwner> = {}) {
  const clock = { now: 1_000 };
  const events: string[] = [];
  const budget = new LinkBudget();
  const link = new ReliableLink(
    {
      self: 'self',
      maxFrameBytes: Infinity,
      transmit: async () => true,
      onMessage: (message) => events.push(`received ${message.length}`),
      onTransmitted: (present) => {
        if (!present) events.push('absent');
      },
      onReset: () => events.push('reset'),
      onPeerReset: () => events.push('peer reset'),
      ...owner,
    },
    { now: () => clock.now, budget },
  );
  return { link, clock, events, budget };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The segments that are sent, by number, and what the peer says of the first one: it is missing. */
function losingLink() {
  const sent: number[] = [];
  const { link, clock } = lonelyLink({
    transmit: async (frame) => {
      const packet = parsePacket(frame);
      if (packet?.kind === 'link') sent.push(...packet.bodies.map((_, at) => packet.first + at));
      return true;
    },
  });
  /** The epoch of a link begins with its clock. */
  const ack = { epoch: 1_001, cursor: 0, missing: true };
  const miss = (): void => {
    link.packetArrived({ epoch: 1, first: 1, bodies: [], ack });
  };
  return { link, clock, sent, miss };
}

describe('a lost message is sent again', () => {
  it('in time, whatever is sent after it', async () => {
    const { link, clock, sent } = losingLink();
    link.push('one');
    await turn();
    for (let ms = 0; ms < 300; ms += 50) {
      clock.now += 50;
      link.push('more');
      await turn();
      link.tick(clock.now);
      await turn();
    }
    expect(sent.filter((number) => number === 1)).toHaveLength(2);
  });

  it('as soon as the peer reports the gap, even if something was just sent', async () => {
    const { link, clock, sent, miss } = losingLink();
    link.push('one');
    await turn();
    clock.now += 1;
    link.push('two');
    await turn();
    miss();
    expect(sent).toEqual([1, 2, 1, 2]);
    // Once, however often it says so within its way here and back.
    clock.now += 5;
    miss();
    expect(sent).toHaveLength(4);
    clock.now += 20;
    miss();
    expect(sent).toEqual([1, 2, 1, 2, 1, 2]);
  });
});

/** Two links over an adapter that carries frames of at most `maxBytes`, and does or does not say so. */
function narrowLinks(maxBytes: number, told: number, refusal: () => Error) {
  const received: string[] = [];
  const sizes: number[] = [];
  const owner = (self: string, other: () => ReliableLink): LinkOwner => ({
    self,
    maxFrameBytes: told,
    async transmit(frame) {
      sizes.push(Buffer.byteLength(frame));
      if (Buffer.byteLength(frame) > maxBytes) throw refusal();
      const packet = parsePacket(frame);
      setImmediate(() => {
        if (packet?.kind === 'link') other().packetArrived(packet);
      });
      return true;
    },
    onMessage: (message) => received.push(message),
    onTransmitted: () => {},
    onReset: () => {},
    onPeerReset: () => {},
  });
  const a: ReliableLink = new ReliableLink(owner('a', () => b));
  const b: ReliableLink = new ReliableLink(owner('b', () => a));
  return { a, b, received, sizes };
}

it('gives up on a peer that acknowledges nothing, whatever the adapter says', async () => {
  const { link, clock, events, budget } = lonelyLink();
  link.push('hello');
  expect(budget.queuedBytes).toBeGreaterThan(0);
  await turn();
  for (let seconds = 0; seconds < 14; seconds += 1) {
    link.tick((clock.now += 1_000));
    await turn();
  }
  expect(events).toEqual([]);
  expect(link.resent).toBeGreaterThan(10);
  link.tick((clock.now += 1_000));
  expect(events).toEqual(['reset']);
  expect(link.isIdle).toBe(true);
  expect(budget.queuedBytes).toBe(0);
});

it('does not withdraw a message that found no listener: where servers replicate, it may have arrived', async () => {
  const { link } = lonelyLink({ transmit: async () => false });
  const message = link.push('hello');
  expect(link.withdraw(link.push('never sent'))).toBe(true);
  await turn();
  await turn();
  expect(link.withdraw(message)).toBe(false);
});

it('sends nothing but pings while the peer cannot be reached', async () => {
  const bodies: number[] = [];
  const transmit = async (frame: string): Promise<boolean> => {
    const packet = parsePacket(frame);
    return bodies.push(packet?.kind === 'link' ? packet.bodies.length : NaN) > 0;
  };
  const { link, clock } = lonelyLink({ transmit });
  link.setOpen(false);
  const message = link.push('hello');
  link.ping();
  await turn();
  link.tick((clock.now += 5_000));
  await turn();
  expect(bodies).toEqual([0]);
  link.push('again');
  link.setOpen(true);
  await turn();
  expect(bodies).toEqual([0, 2]);
  expect(link.withdraw(message)).toBe(false);
});

it('joins pieces within a bound for all peers, ends the streams of a peer beyond it, and goes on', () => {
  const { link, events, budget } = lonelyLink();
  const other = new ReliableLink(
    { ...ownerOf(events), self: 'other' },
    { now: () => 1_000, budget },
  );
  const piece = 'x'.repeat(MIB);
  const give = (to: ReliableLink, first: number, ...bodies: string[]): void => {
    to.packetArrived({ epoch: 1, first, bodies, ack: NO_ACK });
  };
  give(link, 1, `<${piece}`);
  give(other, 1, `<${piece}`);
  for (let first = 2; first <= 127; first += 1) give(link, first, `+${piece}`);
  give(other, 2, `+${piece}`, `>${piece}`, '.next');
  expect(events).toEqual(['streams ended', 'received 4']);
  give(link, 128, `>`);
  give(other, 5, `<${piece}`, `+${piece}`, `>${piece}`);
  expect(events.slice(2)).toEqual([`received ${127 * MIB}`, `received ${3 * MIB}`]);
});

function ownerOf(events: string[]): LinkOwner {
  return {
    self: 'self',
    maxFrameBytes: Infinity,
    transmit: async () => true,
    onMessage: (message) => events.push(`received ${message.length}`),
    onTransmitted: () => {},
    onReset: () => {},
    onPeerReset: () => events.push('streams ended'),
  };
}

it('does not take the rest of a dropped message for a message', () => {
  const { link, events } = lonelyLink();
  const bodies = ['+rest', '>rest', '', '<begun', '!', '>rest', '.whole', '<begun', '.whole', '>'];
  link.packetArrived({ epoch: 1, first: 1, bodies, ack: NO_ACK });
  expect(events).toEqual(['received 5', 'received 5']);
});

describe('an adapter with a largest frame', () => {
  const text = '中'.repeat(400_000);
  const tooLarge = (): Error => new McpSseError('message-too-large', 'too large');

  it('carries any message if it reports the size', async () => {
    const { a, received, sizes } = narrowLinks(4_096, 4_096, tooLarge);
    a.push(text);
    for (let n = 0; n < 200; n += 1) a.push(`${n} ${'😀'.repeat(n)}`);
    while (!a.isIdle) await turn();
    expect(received).toHaveLength(201);
    expect(received[0] === text).toBe(true);
    expect(received[200]).toBe(`199 ${'😀'.repeat(199)}`);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4_096);
    expect(Math.max(...sizes)).toBeGreaterThan(3_000);
  });

  it.each([
    ['says that it is too large', tooLarge],
    ['says that nothing was sent', () => new McpSseError('adapter-unavailable', 'no')],
    ['only fails', () => new Error('no')],
  ])(
    'fails the message that it refuses, and no other: it %s',
    async (_, refusal) => {
      const { a, received } = narrowLinks(100_000, Infinity, refusal);
      const refused: string[] = [];
      const push = (message: string): void => {
        a.push(message, () => refused.push(message.slice(0, 5)));
      };
      push('first');
      push(`large${text}`);
      push('next');
      push(`small${'x'.repeat(50_000)}`);
      push('last');
      const timer = setInterval(() => a.tick(performance.now()), 20);
      while (!a.isIdle) await turn();
      clearInterval(timer);
      expect(refused).toEqual(['large']);
      expect(received.map((message) => message.slice(0, 5))).toEqual([
        'first',
        'next',
        'small',
        'last',
      ]);
    },
    60_000,
  );
});
