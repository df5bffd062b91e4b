import { afterEach, beforeEach, expect, it } from 'vitest';

import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { FakeResponse } from '../support/fake-response.js';
import { rounds } from '../support/rounds.js';

let response: FakeResponse;
let writer: ConnectionWriter;
/** Writes and flushes in the order in which the response saw them. */
let calls: string[];

beforeEach(() => {
  response = new FakeResponse();
  writer = new ConnectionWriter(response);
  calls = [];
  response.onWrite = (chunk) => calls.push(chunk);
  response.onFlush = () => calls.push('flush');
});

afterEach(() => {
  expect(response.faults).toEqual([]);
});

it('[12] flushes after each write, and before the next', async () => {
  await writer.write('a');
  await Promise.all([writer.write('b'), writer.write('c')]);
  expect(calls).toEqual(['a', 'flush', 'bc', 'flush']);
});

it('[12] flushes once the client has read the written frames', async () => {
  response.answers.push(false);
  const send = writer.write('a');
  await rounds();
  expect(calls).toEqual(['a']);
  response.drain();
  await send;
  expect(calls).toEqual(['a', 'flush']);
});

it('[13] queues frames that a flush writes, instead of writing inside it', async () => {
  const inner: Promise<void>[] = [];
  let depth = 0;
  response.onFlush = () => {
    expect((depth += 1)).toBe(1);
    if (inner.length < 3) inner.push(writer.write(`inner ${inner.length} `));
    depth -= 1;
  };
  await writer.write('outer ');
  await Promise.all([...inner, writer.write('next ')]);
  await rounds(3);
  await Promise.all(inner);
  expect(response.writes).toEqual(['outer ', 'inner 0 next ', 'inner 1 ', 'inner 2 ']);
});

it('[12] adds one listener for all drains, however many there are, and none before', async () => {
  const before = response.listenerCount('drain');
  for (let count = 0; count < 50; count += 1) {
    response.answers.push(false);
    const send = writer.write(`${count}`);
    await rounds();
    response.drain();
    await send;
  }
  expect(response.flushes).toBe(50);
  expect([before, response.listenerCount('drain')]).toEqual([0, 1]);
  expect(response.listenerCount('close') + response.listenerCount('error')).toBe(2);
});

it('works without a flush method', async () => {
  Object.defineProperty(response, 'flush', { value: undefined });
  await writer.write('a');
  expect(response.text).toBe('a');
});
