import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { FakeResponse } from '../support/fake-response.js';
import { framesIn, numberedFrame } from '../support/numbered-frames.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';

const KiB = 1024;

let response: FakeResponse;
let writer: ConnectionWriter;

beforeEach(() => {
  response = new FakeResponse();
  writer = new ConnectionWriter(response);
});

afterEach(() => {
  expect(response.faults).toEqual([]);
});

const numbers = (count: number) => Array.from({ length: count }, (_, number) => `a#${number}`);

it('[1] writes frames of 200 simultaneous producers whole and in the order of their calls', async () => {
  // The reader asks for a pause after every third write.
  response.onWrite = () => {
    if (response.writes.length % 3 !== 0) return;
    response.answers.unshift(false);
    setImmediate(() => {
      response.drain();
    });
  };
  const sizes = Array.from({ length: 200 }, (_, number) => 1 + ((number * 7_919) % (90 * KiB)));
  const settled: number[] = [];
  await Promise.all(
    sizes.map(async (bytes, number) => {
      await writer.write(numberedFrame('a', number, bytes));
      settled.push(number);
    }),
  );
  expect(framesIn(response.text)).toEqual(numbers(200));
  expect(settled).toEqual([...settled].sort((a, b) => a - b));
});

it('[2] never splits a frame, and puts no more than 64 KiB of them into one write', async () => {
  const sizes = [10, 40 * KiB, 30 * KiB, 64 * KiB, 1, 200 * KiB, 1, 63 * KiB, KiB, 1];
  await Promise.all(sizes.map((bytes, number) => writer.write(numberedFrame('a', number, bytes))));
  expect(response.writes.map(framesIn)).toEqual([
    ['a#0', 'a#1'],
    ['a#2'],
    ['a#3'],
    ['a#4'],
    ['a#5'],
    ['a#6', 'a#7'],
    ['a#8', 'a#9'],
  ]);
});

it('writes a burst in one turn, with one flush', async () => {
  await Promise.all(numbers(1_000).map((_, number) => writer.write(numberedFrame('a', number))));
  expect([response.writes.length, response.flushes]).toEqual([1, 1]);
  expect(framesIn(response.text)).toEqual(numbers(1_000));
});

describe('the frames of one round of the event loop', () => {
  it('share one write at its end, whichever code sends them and whatever it awaits between', async () => {
    for (const frame of ['a', 'b', 'c']) {
      void writer.write(frame);
      await Promise.resolve();
    }
    expect(response.writes).toEqual([]);
    await rounds();
    expect(response.writes).toEqual(['abc']);
    await writer.write('d');
    expect(response.writes).toEqual(['abc', 'd']);
  });

  it('writes the rest beyond one write in the next round, not in this one', async () => {
    const frames = Array.from({ length: 4 }, (_, number) => numberedFrame('a', number, 60 * KiB));
    for (const frame of frames) void writer.write(frame);
    for (let count = 1; count <= 4; count += 1) {
      await rounds();
      expect(response.writes.map(framesIn).flat()).toEqual(numbers(count));
    }
  });
});

it('[14] queues frames that a write, a drain listener and an observer send without waiting', async () => {
  let hasSaid = false;
  const observed = new ConnectionWriter(response, {
    observer: {
      writerHasRoom() {
        if (!hasSaid) void observed.write('observer ');
        hasSaid = true;
      },
    },
  });
  response.on('drain', () => void observed.write('drain '));
  response.onWrite = () => {
    response.onWrite = () => {};
    void observed.write('write ');
  };
  response.answers.push(false);
  const first = observed.write('first ');
  await rounds();
  response.drain();
  await first;
  await rounds(3);
  expect(response.text).toBe('first write drain observer ');
});

it('[21] serves other connections while one client does not read', async () => {
  const responses = Array.from({ length: 100 }, () => new FakeResponse());
  const writers = responses.map((each) => new ConnectionWriter(each));
  responses[0]!.answers.push(false);
  const sends = writers.map((each) => outcomeOf(each.write('a')));
  await rounds(2);
  const more = writers.map((each) => outcomeOf(each.write('b')));
  await rounds(2);
  expect(sends.map(({ state }) => state)).toEqual(['pending', ...Array(99).fill('resolved')]);
  expect(more.map(({ state }) => state)).toEqual(['pending', ...Array(99).fill('resolved')]);
  expect(responses.map(({ text }) => text)).toEqual(['a', ...Array(99).fill('ab')]);
});
