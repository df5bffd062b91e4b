// Alone: it measures the memory of the process.

import { Readable } from 'node:stream';

import { expect, it } from 'vitest';

import { BodyReader } from '../../../lib/http/post/body-reader.js';
import type { McpSseRequest } from '../../../lib/session/request-facts.js';
import { collectGarbage } from '../../support/collect-garbage.js';

/** A request, as far as its body goes. */
const BUDGET = { admit: () => {}, add: () => {} };

const requestOf = (chunks: Iterable<Buffer>): McpSseRequest =>
  Readable.from(chunks, { objectMode: false }) as unknown as McpSseRequest;

function* single(bytes: Buffer): Iterable<Buffer> {
  for (const byte of bytes) yield Buffer.of(byte);
}

it('returns chunks of all sizes in order', async () => {
  const sizes = [1, 5_000, 1, 1, 1_024, 1_025, 20_000, 3, 900, ...Array<number>(40).fill(1_000), 7];
  const chunks = sizes.map((size, index) => Buffer.alloc(size, index));
  const read = await new BodyReader(requestOf(chunks), 1e6, BUDGET).read();
  expect(read.equals(Buffer.concat(chunks))).toBe(true);
});

it('returns one chunk as it is, and no chunk as an empty body', async () => {
  const chunk = Buffer.from('{}');
  expect(await new BodyReader(requestOf([chunk]), 10, BUDGET).read()).toBe(chunk);
  expect(await new BodyReader(requestOf([]), 10, BUDGET).read()).toHaveLength(0);
});

it('holds chunks of one byte in little more than their bytes', async () => {
  const bytes = Buffer.alloc(400_000, 'x');
  const body = new BodyReader(requestOf(single(bytes)), 1e6, BUDGET);
  collectGarbage();
  const before = process.memoryUsage();
  const read = await body.read();
  collectGarbage();
  const after = process.memoryUsage();
  const taken = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  expect(body).toBeInstanceOf(BodyReader);
  // `toEqual` compares such bytes for seconds.
  expect(read.equals(bytes)).toBe(true);
  expect(taken).toBeLessThan(8 * bytes.length);
});
