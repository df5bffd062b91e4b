import fc from 'fast-check';
import { expect, it } from 'vitest';

import { LineReader } from '../../lib/bridge/line-reader.js';
import { expectLinear } from '../support/linear.js';

it('reads the same lines, wherever the chunks end', () => {
  const lines = fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' ')));
  fc.assert(
    fc.property(lines, fc.array(fc.nat({ max: 40 })), (expected, sizes) => {
      const read: string[] = [];
      const reader = new LineReader(1_000_000, (line) => read.push(line));
      let bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
      for (const size of [...sizes, bytes.length]) {
        expect(reader.push(bytes.subarray(0, size))).toBe(true);
        bytes = bytes.subarray(size);
      }
      expect(reader.push(bytes)).toBe(true);
      expect(read).toEqual(expected.map((line) => Buffer.from(line).toString()));
    }),
  );
});

it('bounds each line, in one chunk or several, but not the sum of several lines', () => {
  const read: string[] = [];
  const reader = (): LineReader => new LineReader(10, (line) => read.push(line));
  expect(reader().push(Buffer.from('1234567890\n1234567890\n'))).toBe(true);
  expect(read).toHaveLength(2);
  expect(reader().push(Buffer.from('12345678901\n'))).toBe(false);
  const slow = reader();
  expect(slow.push(Buffer.from('123456'))).toBe(true);
  expect(slow.push(Buffer.from('78901\n'))).toBe(false);
  const endless = reader();
  expect(endless.push(Buffer.from('12345678901'))).toBe(false);
  expect(read).toHaveLength(2);
});

it('takes linear time for a line in many chunks', async () => {
  await expectLinear((factor) => {
    const reader = new LineReader(Infinity, () => undefined);
    const chunk = Buffer.alloc(50, 'x');
    for (let n = 0; n < factor * 20_000; n += 1) reader.push(chunk);
    reader.push(Buffer.from('\n'));
  });
});
