// Alone: it measures the memory of the process.

import { expect, it } from 'vitest';

import { FrameQueue } from '../../lib/stream/frame-queue.js';
import { collectGarbage } from '../support/collect-garbage.js';

const KiB = 1024;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

it('holds one copy of a frame that waits in many queues', () => {
  const queues = Array.from({ length: 64 }, () => new FrameQueue(64 * KiB));
  const before = heapUsed();
  for (let number = 0; number < 1_024; number += 1) {
    const text = `${String(number)}:`.padEnd(KiB, 'x');
    for (const queue of queues) queue.push({ text, bytes: text.length, shared: true });
  }
  // 64 MiB are queued, and 1 MiB is what there is.
  expect(heapUsed() - before).toBeLessThan(8 * KiB * KiB);
  expect(queues.every(({ bytes }) => bytes === KiB * KiB)).toBe(true);
});

it('returns shared and other frames in order, as many as one write takes', () => {
  const queue = new FrameQueue(4);
  for (const [number, text] of 'a b c d e f g h i j'.split(' ').entries()) {
    queue.push({ text, bytes: 1, shared: number % 3 === 0 });
  }
  const taken = [queue.take(), queue.take(), queue.take(), queue.take()];
  expect(taken).toEqual(['abcd', 'efgh', 'ij', '']);
  expect([queue.length, queue.bytes]).toEqual([0, 0]);
});
