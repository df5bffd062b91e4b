import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { McpSseError } from '../../lib/index.js';
import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { FakeResponse } from '../support/fake-response.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

let response: FakeResponse;
let writer: ConnectionWriter;
let ends: (McpSseError | undefined)[];

beforeEach(() => {
  response = new FakeResponse();
  ends = [];
  const observer = { writerClosed: (error: McpSseError | undefined) => void ends.push(error) };
  writer = new ConnectionWriter(response, { observer });
});

afterEach(() => {
  vi.useRealTimers();
  expect(response.faults).toEqual([]);
});

it('[33] writes all that is queued, over several turns, and then ends the response', async () => {
  const frames = Array.from({ length: 5 }, (_, index) => String(index).repeat(50_000));
  const sends = frames.map((frame) => outcomeOf(writer.write(frame)));
  await writer.end(5_000);
  expect(response.writes).toEqual(frames);
  expect(sends.every(({ state }) => state === 'resolved')).toBe(true);
  expect([response.writableEnded, writer.closed, ends]).toEqual([true, true, [undefined]]);
});

it('ends a connection on which nothing waits', async () => {
  await writer.end(5_000);
  expect([response.writes, response.writableEnded]).toEqual([[], true]);
});

it('waits for the drain of what is being written', async () => {
  response.answers.push(false);
  const current = outcomeOf(writer.write('a'));
  await rounds();
  const ended = outcomeOf(writer.end(5_000));
  await rounds(3);
  expect([ended.state, response.writableEnded]).toEqual(['pending', false]);
  response.drain();
  await rounds(4);
  expect([current.state, ended.state]).toEqual(['resolved', 'resolved']);
  expect(response.writableEnded).toBe(true);
});

it('accepts no write from now on', async () => {
  const before = outcomeOf(writer.write('before'));
  const ended = writer.end(5_000);
  expect(writer.push({ text: 'x', bytes: 1 })).toMatchObject({ code: 'connection-closed' });
  const after = outcomeOf(writer.write('after'));
  await ended;
  expect([before.state, after.code]).toEqual(['resolved', 'connection-closed']);
  expect(response.writes).toEqual(['before']);
});

it('gives up on the client at the deadline, with the reason', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  response.answers.push(false);
  const current = outcomeOf(writer.write('a'));
  await rounds();
  const ended = outcomeOf(writer.end(5_000));
  await vi.advanceTimersByTimeAsync(4_999);
  expect([ended.state, response.destroyed]).toEqual(['pending', false]);
  await vi.advanceTimersByTimeAsync(1);
  expect([ended.state, current.code]).toEqual(['resolved', 'write-timeout']);
  expect(response.destroyed).toBe(true);
  expect(ends).toEqual([expect.objectContaining({ code: 'write-timeout' })]);
  await rounds();
  expect(vi.getTimerCount()).toBe(0);
});

it('ends with the connection, whichever side ends it', async () => {
  response.answers.push(false);
  void writer.write('a');
  await rounds();
  const ended = [writer.end(5_000), writer.end(5_000)].map(outcomeOf);
  await rounds(2);
  expect(ended.map(({ state }) => state)).toEqual(['pending', 'pending']);
  response.close();
  await rounds();
  ended.push(outcomeOf(writer.end(5_000)));
  await rounds();
  expect(ended.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'resolved']);
  expect([response.writableEnded, ends]).toEqual([false, [undefined]]);
});
