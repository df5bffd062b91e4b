import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { framesIn, numberedFrame } from '../support/numbered-frames.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';
import { wiredWriter } from '../support/wired-writer.js';

it('[1] delivers frames of 200 simultaneous producers whole and in the order of their calls', async () => {
  const { writer, received, receives } = await wiredWriter({ maxBufferedBytes: 2 ** 30 });
  const sizes = [1, 100, 4_000, 16_384, 65_536, 70_000, 1_000_000];
  const frames = Array.from({ length: 200 }, (_, number) =>
    numberedFrame('a', number, sizes[(number * 5) % sizes.length]),
  );
  const settled: number[] = [];
  await Promise.all(
    frames.map(async (frame, number) => {
      await writer.write(frame);
      settled.push(number);
    }),
  );
  await receives(frames.join('').length);
  const names = frames.map((_, number) => `a#${number}`);
  expect(framesIn(received())).toEqual(names);
  expect(settled).toEqual([...settled].sort((a, b) => a - b));
});

it('[1] keeps frames in order and sections together when both come at once', async () => {
  const { writer, received } = await wiredWriter();
  const numbers = Array.from({ length: 30 }, (_, number) => number);
  const sections = numbers.map((number) =>
    writer.exclusive(async (write) => {
      for (const part of ['a', 'b', 'c']) await write(numberedFrame(part, number, 20_000));
    }),
  );
  const queued = numbers.map((number) => writer.write(numberedFrame('q', number, number * 900)));
  await Promise.all([...sections, ...queued]);
  await writer.write(numberedFrame('last', 0));
  await eventually(() => received().includes('last'));
  const names = framesIn(received());
  expect(names.filter((name) => name.startsWith('q'))).toEqual(numbers.map((at) => `q#${at}`));
  for (const number of numbers) {
    const at = names.indexOf(`a#${number}`);
    expect(names.slice(at, at + 3)).toEqual(['a', 'b', 'c'].map((part) => `${part}#${number}`));
  }
});

it('[4] rejects waiting sends when the client disconnects in the middle of a write', async () => {
  const { writer, reader } = await wiredWriter();
  reader.pause();
  const big = outcomeOf(writer.write('x'.repeat(15_000_000)));
  await rounds(2);
  const queued = outcomeOf(writer.write('y'));
  expect(big.state).toBe('pending');
  reader.destroy();
  await eventually(() => queued.state !== 'pending');
  expect([big.state, queued.state]).toEqual(['rejected', 'rejected']);
  expect(['connection-closed', 'write-failed']).toContain(queued.code);
  expect(writer.closed).toBe(true);
});

it('[10] survives a connection that is reset during a write', async () => {
  const { writer, reader } = await wiredWriter();
  reader.pause();
  const big = outcomeOf(writer.write('x'.repeat(15_000_000)));
  reader.socket.resetAndDestroy();
  await eventually(() => big.state !== 'pending');
  expect(big.state).toBe('rejected');
  await expect(writer.write('y')).rejects.toMatchObject({ name: 'McpSseError' });
});

it('[10] survives the error that a write after the end raises later', async () => {
  const { writer, response } = await wiredWriter();
  await writer.write('a');
  response.end();
  // Not through the writer: [node] a write after end() is an error event, which kills if unheard.
  response.write('late');
  const next = outcomeOf(writer.write('b'));
  await eventually(() => next.state !== 'pending');
  expect(next.state).toBe('rejected');
  expect(writer.closed).toBe(true);
});

it('[10] survives an error that the socket raises', async () => {
  const { writer, response } = await wiredWriter();
  await writer.write('a');
  response.socket!.destroy(new Error('boom'));
  await eventually(() => writer.closed);
  await expect(writer.write('b')).rejects.toMatchObject({ name: 'McpSseError' });
});

it('[19] does not wait for a client that never reads again', async () => {
  const { writer, reader, response } = await wiredWriter({ writeTimeoutMs: 50 });
  reader.pause();
  const big = outcomeOf(writer.write('x'.repeat(15_000_000)));
  await eventually(() => big.state !== 'pending');
  expect(big.code).toBe('write-timeout');
  expect(response.destroyed).toBe(true);
});

it('ends the stream for the client once it has everything', async () => {
  const { writer, reader, received } = await wiredWriter();
  let ended = false;
  reader.on('end', () => (ended = true));
  for (let number = 0; number < 100; number += 1) {
    void writer.write(numberedFrame('a', number, 10_000));
  }
  await writer.end(5_000);
  await eventually(() => ended);
  expect(framesIn(received())).toHaveLength(100);
});
