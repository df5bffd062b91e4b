import zlib from 'node:zlib';

import compression from 'compression';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { eventually } from '../support/eventually.js';
import { framesIn, numberedFrame } from '../support/numbered-frames.js';
import { wiredWriter } from '../support/wired-writer.js';

const warnings: Error[] = [];
const warn = (warning: Error) => void warnings.push(warning);

beforeEach(() => {
  warnings.length = 0;
  process.on('warning', warn);
});
afterEach(() => {
  process.off('warning', warn);
  vi.restoreAllMocks();
});

/** Express's types and Node's agree on all that `compression` uses. */
const compressed = (options?: compression.CompressionOptions) =>
  compression(options) as unknown as NonNullable<Parameters<typeof wiredWriter>[1]>;

it('[12] delivers each event at once, not together with later ones', async () => {
  const { writer, reader, received, receives } = await wiredWriter({}, compressed());
  expect(reader.headers['content-encoding']).toBe('gzip');
  let length = 0;
  for (let number = 0; number < 50; number += 1) {
    const frame = numberedFrame('a', number);
    await writer.write(frame);
    length += frame.length;
    // Nothing follows that could push it out.
    await receives(length);
  }
  expect(framesIn(received())).toHaveLength(50);
});

it('[12] has the same few listeners after 10,000 drains', async () => {
  const createGzip = vi.spyOn(zlib, 'createGzip');
  // Each write fills the compressor, so each waits for its drain.
  const options = { highWaterMark: 1, level: 1 } as compression.CompressionOptions;
  const { writer, response, received } = await wiredWriter({}, compressed(options));
  const gzip = createGzip.mock.results[0]!.value as zlib.Gzip;
  let drains = 0;
  gzip.on('drain', () => (drains += 1));
  const listeners = () =>
    ['drain', 'close', 'error', 'finish'].map((event) => [
      response.listenerCount(event),
      gzip.listenerCount(event),
    ]);
  await writer.write(numberedFrame('a', 0));
  const before = listeners();
  let count = 1;
  for (; drains < 10_000; count += 1) await writer.write(numberedFrame('a', count));
  expect(listeners()).toEqual(before);
  expect(warnings).toEqual([]);
  await eventually(() => received().includes(`a#${count - 1}#`));
  expect(framesIn(received())).toEqual(Array.from({ length: count }, (_, at) => `a#${at}`));
});
