import { afterEach, beforeEach, expect, it } from 'vitest';

import type { McpSseError } from '../../lib/index.js';
import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { FakeResponse } from '../support/fake-response.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';

let response: FakeResponse;
let writer: ConnectionWriter;
let ends: (McpSseError | undefined)[];

beforeEach(() => {
  response = new FakeResponse();
  ends = [];
  const observer = { writerClosed: (error: McpSseError | undefined) => void ends.push(error) };
  writer = new ConnectionWriter(response, { maxBufferedBytes: 10, observer });
});

afterEach(() => {
  expect(response.faults).toEqual([]);
});

it('counts the bytes that wait, not the characters', async () => {
  expect([writer.bufferedBytes, writer.hasRoom]).toEqual([0, true]);
  const send = writer.write('é€😀');
  expect(writer.bufferedBytes).toBe(9);
  await send;
  expect(writer.bufferedBytes).toBe(0);
});

it('has room for less than one turn writes', () => {
  const wide = new ConnectionWriter(response);
  void wide.write('x'.repeat(65_535));
  expect(wide.hasRoom).toBe(true);
  void wide.write('x');
  expect(wide.hasRoom).toBe(false);
});

it('[16] accepts one frame larger than the bound if nothing else waits', async () => {
  await writer.write('x'.repeat(1_000_000));
  expect(response.text).toHaveLength(1_000_000);
  expect(writer.closed).toBe(false);
});

it('[17] accepts a frame that fills the bound exactly', async () => {
  const sends = [writer.write('12345'), writer.write('67890')];
  await Promise.all(sends);
  expect(response.text).toBe('1234567890');
});

it('[17] ends the connection if one byte more would wait, and rejects all with the reason', async () => {
  const taken = [writer.write('12345'), writer.write('6789')].map(outcomeOf);
  const refused = outcomeOf(writer.write('01'));
  await rounds(2);
  const codes = [...taken, refused].map(({ code }) => code);
  expect(codes).toEqual(Array(3).fill('buffer-overflow'));
  expect(ends).toEqual([expect.objectContaining({ code: 'buffer-overflow' })]);
  expect([response.destroyed, writer.bufferedBytes]).toEqual([true, 0]);
  expect(response.writes).toEqual([]);
});

it('[17] rejects a sender that does not wait at once', () => {
  expect(writer.push({ text: '1234567890', bytes: 10 })).toBeUndefined();
  expect(writer.push({ text: '1', bytes: 1 })).toMatchObject({ code: 'buffer-overflow' });
  expect(writer.push({ text: '1', bytes: 1 })).toMatchObject({ code: 'buffer-overflow' });
  expect(ends).toHaveLength(1);
});

it('[19] never holds more than the bound for a client that does not read', async () => {
  response.answers.push(false);
  let most = 0;
  for (let sent = 0; !writer.closed; sent += 1) {
    expect(sent).toBeLessThan(100);
    void writer.write('123');
    most = Math.max(most, writer.bufferedBytes);
    await rounds();
  }
  expect(most).toBe(9);
  expect(response.writes).toEqual(['123']);
  expect(ends).toEqual([expect.objectContaining({ code: 'buffer-overflow' })]);
});
