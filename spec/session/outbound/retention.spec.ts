import { describe, expect, it } from 'vitest';

import { McpSseError } from '../../../lib/errors.js';
import { Pump, type PumpBounds } from '../../../lib/session/outbound/pump.js';
import { ConnectionWriter } from '../../../lib/stream/connection-writer.js';
import { encodeMessage, type Frame } from '../../../lib/wire/sse-encoder.js';
import { FakeResponse } from '../../support/fake-response.js';
import { outcomeOf } from '../../support/outcome.js';
import { rounds } from '../../support/rounds.js';

/** A pump that keeps what it has written, and what it has told its owner. */
class Rig {
  held = 0;
  readonly lost: (string | undefined)[] = [];
  readonly pump: Pump;

  constructor(bounds: Partial<PumpBounds> = {}) {
    const complete = { maxBufferedBytes: 1 << 20, maxEvents: 100, maxBytes: 1 << 20, ...bounds };
    this.pump = new Pump(
      {
        connectionClosed: (error) => this.lost.push(error?.code),
        heldBytesChanged: (bytes) => (this.held += bytes),
        connectionStalled: () => {},
      },
      complete,
    );
    this.pump.startRetention();
  }

  /** A new connection behind the old one, if there is one. */
  attach(offset: number, response: FakeResponse = new FakeResponse()): FakeResponse {
    this.pump.attach(new ConnectionWriter(response), offset, undefined);
    return response;
  }

  append(from: number, to: number, padding = 0): void {
    for (let n = from; n <= to; n += 1) void this.pump.append(numbered(n, padding));
  }

  /** From which offset the log holds on, and to which. */
  get range(): [number, number] {
    const { pump } = this;
    let first = pump.nextOffset;
    while (pump.canResume(first - 2)) first -= 1;
    return [first, pump.nextOffset - 1];
  }
}

const numbered = (n: number, padding = 0): Frame => encodeMessage({ n, pad: 'x'.repeat(padding) });

const numbersIn = ({ text }: FakeResponse): number[] =>
  [...text.matchAll(/\{"n":(\d+)/g)].map(([, n]) => Number(n));

/** A response whose reader takes one turn, and stops. */
function stalled(): FakeResponse {
  const response = new FakeResponse();
  response.answers.push(false);
  return response;
}

describe('a new connection', () => {
  it('gets all messages after its cursor, written before or not', async () => {
    const rig = new Rig();
    rig.attach(0);
    rig.append(1, 5);
    await rounds();
    const again = rig.attach(2);
    rig.append(6, 7);
    await rounds();
    expect(numbersIn(again)).toEqual([3, 4, 5, 6, 7]);
  });

  it('ends the former connection, which waits for its client, and takes over', async () => {
    const rig = new Rig();
    const before = rig.attach(0, stalled());
    rig.append(1, 200, 1_000);
    await rounds();
    const after = rig.attach(0);
    expect(before.destroyed).toBe(true);
    before.drain();
    await rounds(10);
    expect(numbersIn(after)).toHaveLength(200);
    expect(numbersIn(before).length).toBeLessThan(200);
    expect(before.faults).toEqual([]);
  });

  it('[38] is not lost when the former connection ends late', async () => {
    const rig = new Rig();
    const before = rig.attach(0);
    rig.attach(0);
    before.emit('error', new Error('reset'));
    before.close();
    await rounds(2);
    expect(rig.lost).toEqual([]);
    expect(rig.pump.writer?.closed).toBe(false);
  });

  it('lets producers go on that wait for room', async () => {
    const rig = new Rig();
    rig.attach(0, stalled()).destroy();
    await rounds(2);
    const send = outcomeOf(rig.pump.append(numbered(1, 100_000)));
    await rounds(2);
    expect(send.state).toBe('pending');
    rig.attach(0);
    await rounds(3);
    expect(send.state).toBe('resolved');
  });

  it('continues at the oldest kept message if it asks for an older one', async () => {
    const rig = new Rig({ maxEvents: 3 });
    rig.attach(0);
    rig.append(1, 10);
    await rounds();
    const again = rig.attach(0);
    await rounds();
    expect(numbersIn(again)).toEqual([8, 9, 10]);
  });
});

describe('the kept messages', () => {
  it('are those written last, by number and by bytes', async () => {
    const few = new Rig({ maxEvents: 10 });
    const small = new Rig({ maxBytes: numbered(10, 100).bytes * 10 });
    for (const rig of [few, small]) {
      rig.attach(0);
      rig.append(10, 99, 100);
      await rounds(3);
      expect(rig.range).toEqual([81, 90]);
    }
  });

  it('are not fewer because messages wait for the connection', async () => {
    const rig = new Rig({ maxEvents: 10 });
    const response = new FakeResponse();
    response.answers.push(true, true, false);
    rig.attach(0, response);
    rig.append(1, 1_000, 1_000);
    await rounds(4);
    const [first, last] = rig.range;
    const next = rig.pump.position + 1;
    expect([next - first, last]).toEqual([10, 1_000]);
    expect(rig.pump.canResume(first - 1)).toBe(true);
    expect(rig.pump.canResume(first - 2)).toBe(false);
  });

  it('make room for missed ones, as far as they were written', async () => {
    const rig = new Rig({ maxEvents: 10 });
    const response = rig.attach(0);
    rig.append(1, 5);
    await rounds();
    response.destroy();
    await rounds();
    rig.append(6, 12);
    expect(rig.range).toEqual([3, 12]);
    rig.append(13, 15);
    expect([rig.range, rig.pump.canResume(5), rig.pump.canResume(4)]).toEqual([
      [6, 15],
      true,
      false,
    ]);
  });

  it('are bounded by maxEvents and maxBytes without a connection', () => {
    const few = new Rig({ maxEvents: 10 });
    few.append(1, 9);
    expect(few.pump.fits(numbered(10))).toBe(true);
    few.append(10, 10);
    expect(few.pump.fits(numbered(11))).toBe(false);
    const small = new Rig({ maxBytes: 1_000 });
    small.append(1, 1, 800);
    expect([small.pump.fits(numbered(2, 50)), small.pump.fits(numbered(2, 200))]).toEqual([
      true,
      false,
    ]);
  });

  it("are dropped up to the client's position, but never unwritten ones", async () => {
    const rig = new Rig();
    rig.append(1, 5);
    rig.pump.acknowledge(3);
    expect(rig.range).toEqual([1, 5]);
    rig.attach(0);
    await rounds();
    rig.pump.acknowledge(3);
    expect(rig.range).toEqual([4, 5]);
    rig.pump.acknowledge(2);
    rig.pump.acknowledge(99);
    expect(rig.range).toEqual([6, 5]);
  });

  it('are reported to the byte, in steps of at least 1 KiB', async () => {
    const rig = new Rig({ maxEvents: 5 });
    const memory = (from: number, to: number): number => {
      const other = new Rig();
      other.append(from, to, 2_000);
      return other.held;
    };
    rig.append(1, 4, 2_000);
    expect(rig.held).toBe(memory(1, 4));
    rig.attach(0);
    await rounds();
    rig.append(5, 9, 2_000);
    await rounds();
    expect(rig.held).toBe(memory(5, 9));
    rig.pump.acknowledge(7);
    expect(rig.held).toBe(memory(8, 9));
    rig.pump.releaseWritten();
    expect(rig.held).toBe(0);
    rig.append(1, 3, 2_000);
    // What waits for the socket counts too.
    expect(rig.held).toBeGreaterThan(memory(1, 3));
    await rounds();
    rig.pump.stopRetention();
    expect(rig.held).toBe(0);
    rig.append(4, 4, 2_000);
    await rounds();
    expect(rig.held).toBe(0);
    rig.pump.startRetention();
    rig.pump.close(() => new McpSseError('session-closed', 'over'));
    rig.pump.clear();
    expect([rig.held, rig.range]).toEqual([0, [14, 13]]);
  });

  it('count with the memory of text beyond Latin-1', () => {
    const rig = new Rig();
    void rig.pump.append(encodeMessage({ plain: 'x'.repeat(1_000) }));
    const plain = rig.held;
    void rig.pump.append(encodeMessage({ plain: 'x'.repeat(999) + '€' }));
    expect(rig.held - plain).toBeGreaterThan(plain + 800);
  });
});
