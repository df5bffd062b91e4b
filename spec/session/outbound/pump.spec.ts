import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import { McpSseError } from '../../../lib/errors.js';
import type { WriterOptions } from '../../../lib/index.js';
import { Pump, type ConnectionOwner } from '../../../lib/session/outbound/pump.js';
import { ConnectionWriter } from '../../../lib/stream/connection-writer.js';
import type { Frame } from '../../../lib/wire/sse-encoder.js';
import { collectGarbage } from '../../support/collect-garbage.js';
import { eventually } from '../../support/eventually.js';
import { FakeResponse } from '../../support/fake-response.js';
import { framesIn, numberedFrame } from '../../support/numbered-frames.js';
import { outcomeOf } from '../../support/outcome.js';
import { rounds } from '../../support/rounds.js';

const KiB = 1024;

let response: FakeResponse;
let pump: Pump;
let losses: (McpSseError | undefined)[];

beforeEach(() => {
  response = new FakeResponse();
  losses = [];
  pump = pumpWith(1024 * KiB, (error) => void losses.push(error));
});

function pumpWith(
  bufferedBytes: number,
  pumpLost: ConnectionOwner['connectionClosed'] = () => {},
): Pump {
  return new Pump(
    { connectionClosed: pumpLost, heldBytesChanged: () => {}, connectionStalled: () => {} },
    { maxBufferedBytes: bufferedBytes, maxEvents: 0, maxBytes: 0 },
  );
}

function frameOf(number: number, bytes = 0, producer = 'a'): Frame {
  const text = numberedFrame(producer, number, bytes);
  return { text, bytes: text.length };
}

const appendMany = (count: number, bytes = 0) =>
  Array.from({ length: count }, (_, number) => outcomeOf(pump.append(frameOf(number, bytes))));
const numbers = (count: number) => Array.from({ length: count }, (_, number) => `a#${number}`);
const writerOf = (options: WriterOptions = {}) =>
  new ConnectionWriter(response, { observer: pump, ...options });

describe('the pump', () => {
  it('delivers messages that waited for the connection, then new ones, in order', async () => {
    appendMany(3);
    expect(pump.unwrittenBytes).toBe(3 * frameOf(0).bytes);
    pump.attach(writerOf());
    void pump.append(frameOf(3));
    await rounds();
    void pump.append(frameOf(4));
    await rounds();
    expect(framesIn(response.text)).toEqual(numbers(5));
    expect(pump.unwrittenBytes).toBe(0);
  });

  it('[18] delivers 1,000 progress notifications before the result after them', async () => {
    pump.attach(writerOf());
    const own = response;
    own.onWrite = () => {
      own.answers.unshift(false);
      setImmediate(() => own.drain());
    };
    const sends = appendMany(1_000, 200);
    sends.push(outcomeOf(pump.append(frameOf(0, 0, 'result'))));
    while (sends.some(({ state }) => state === 'pending') || pump.unwrittenBytes > 0) {
      await rounds();
    }
    expect(framesIn(response.text)).toEqual([...numbers(1_000), 'result#0']);
    expect(response.faults).toEqual([]);
  });

  it('hands the writer no more than it has room for, if the session can resume', async () => {
    const writer = writerOf();
    pump.startRetention();
    pump.attach(writer);
    response.answers.push(false);
    appendMany(40, 16 * KiB);
    expect(writer.bufferedBytes).toBe(64 * KiB);
    await rounds(3);
    // The socket has these, and nothing follows before it has drained.
    expect([writer.bufferedBytes, pump.unwrittenBytes]).toEqual([0, 36 * 16 * KiB]);
  });

  it('hands messages over at once if the session cannot resume, and counts them', () => {
    const writer = writerOf();
    pump.attach(writer);
    response.answers.push(false);
    appendMany(40, 16 * KiB);
    expect(writer.bufferedBytes).toBe(40 * 16 * KiB);
    expect([pump.position, pump.nextOffset]).toEqual([40, 41]);
  });

  it('drops a message once the writer has taken it', async () => {
    const appendOne = () => {
      const frame = frameOf(0);
      void pump.append(frame);
      return new WeakRef(frame);
    };
    const frames = Array.from({ length: 100 }, appendOne);
    pump.attach(writerOf());
    await rounds(2);
    // Of a plain array the slots would still hold them.
    await eventually(() => {
      collectGarbage();
      return frames.every((frame) => !frame.deref());
    }, 'the end of what was written');
    expect(pump.unwrittenBytes).toBe(0);
  });

  it('reports the loss of the connection once', async () => {
    const writer = writerOf();
    pump.attach(writer);
    const why = new McpSseError('ping-timeout', 'dead');
    writer.destroy(why);
    response.close();
    await rounds();
    expect(losses).toEqual([why]);
    void pump.append(frameOf(0));
    await rounds();
    expect(response.writes).toEqual([]);
  });
});

describe('a producer that awaits its sends', () => {
  it('goes on at once while less than 64 KiB wait', async () => {
    const sends = appendMany(63, KiB);
    await Promise.resolve();
    expect(sends.map(({ state }) => state)).toEqual(Array(63).fill('resolved'));
    const [held] = appendMany(1, KiB);
    await Promise.resolve();
    expect(held!.state).toBe('pending');
  });

  it('waits while the client reads nothing, and goes on when there is room', async () => {
    response.answers.push(false);
    pump.attach(writerOf());
    let sent = 0;
    let isDone = false;
    const produce = async () => {
      for (; sent < 100; sent += 1) await pump.append(frameOf(sent, 10 * KiB));
      isDone = true;
    };
    const produced = produce();
    await rounds(20);
    // What the socket took, and the high-water mark behind it.
    expect(sent).toBeLessThan(20);
    expect(pump.unwrittenBytes).toBeLessThan(80 * KiB);
    response.drain();
    await produced;
    await rounds(3);
    expect([isDone, response.faults]).toEqual([true, []]);
    expect(framesIn(response.text)).toEqual(numbers(100));
  });

  it('goes on when a new connection takes the waiting messages', async () => {
    const sends = appendMany(10, 20 * KiB);
    await rounds();
    expect(sends.filter(({ state }) => state === 'pending')).toHaveLength(7);
    pump.attach(writerOf());
    while (pump.unwrittenBytes > 0) await rounds();
    expect(sends.every(({ state }) => state === 'resolved')).toBe(true);
  });

  it('is rejected with the reason at the end, and waiting messages are dropped', async () => {
    const sends = appendMany(10, 20 * KiB);
    const why = new McpSseError('session-closed', 'over');
    pump.close(() => why);
    pump.clear();
    await rounds();
    expect(sends.filter(({ error }) => error === why)).toHaveLength(7);
    expect(pump.unwrittenBytes).toBe(0);
  });
});

describe('[17] the bound of waiting messages', () => {
  it('allows messages within the bound, or a single one of any size', () => {
    expect(pump.fits(frameOf(0, 2_000 * KiB))).toBe(true);
    void pump.append(frameOf(0, 1_023 * KiB));
    expect(pump.fits(frameOf(1, KiB))).toBe(true);
    expect(pump.fits(frameOf(1, KiB + 1))).toBe(false);
  });

  it('counts the bytes in the log and in the writer', async () => {
    response.answers.push(false);
    pump.startRetention();
    pump.attach(writerOf());
    void pump.append(frameOf(0, 100));
    await rounds();
    // The first is the socket's; of the rest the writer has 64 KiB.
    appendMany(64, 16 * KiB);
    expect(pump.unwrittenBytes).toBe(1_024 * KiB);
    expect(pump.fits(frameOf(1))).toBe(false);
    response.drain();
    await rounds(2);
    expect(pump.fits(frameOf(1))).toBe(true);
  });
});

describe('the end', () => {
  it('[33] delivers all messages, and ends the connection', async () => {
    // More than the writer takes at a time: most of it lies in the log.
    appendMany(50, 16 * KiB);
    pump.attach(writerOf());
    await pump.finish(5_000);
    expect(framesIn(response.text)).toEqual(numbers(50));
    expect(response.writableEnded).toBe(true);
    expect(losses).toEqual([undefined]);
  });

  it('resolves at once without a connection, or after the end of one', async () => {
    await pump.finish(5_000);
    const writer = writerOf();
    pump.attach(writer);
    writer.destroy();
    await pump.finish(5_000);
    expect(response.writableEnded).toBe(false);
  });
});

it('delivers every message once and in order, whatever the client does', async () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ append: fc.integer({ min: 1, max: 100 * KiB }) }),
      fc.constantFrom('attach', 'drain', 'round'),
    ),
    { maxLength: 40 },
  );
  const answers = fc.array(fc.boolean(), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(steps, answers, async (all, given) => {
      const reader = new FakeResponse();
      reader.answers.push(...given);
      const tried = pumpWith(2 ** 30);
      const attach = () => {
        if (!tried.writer) tried.attach(new ConnectionWriter(reader, { observer: tried }));
      };
      const sends = [];
      for (const step of [...all, 'attach' as const]) {
        if (step === 'attach') attach();
        else if (step === 'drain') reader.drain();
        else if (step === 'round') await rounds();
        else sends.push(outcomeOf(tried.append(frameOf(sends.length, step.append))));
      }
      while (tried.unwrittenBytes > 0 || sends.some(({ state }) => state === 'pending')) {
        reader.drain();
        await rounds();
      }
      expect(framesIn(reader.text)).toEqual(numbers(sends.length));
      expect(reader.faults).toEqual([]);
    }),
  );
});
