import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { parsedSizeOf } from '../../lib/wire/json-size.js';
import type { ParsedSize } from '../support/programs/parsed-size.js';

const PROGRAM = fileURLToPath(new URL('../support/programs/parsed-size.ts', import.meta.url));

it('tells no less than the heap that the parsed text takes', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', PROGRAM],
    { maxBuffer: 1 << 20 },
  );
  const sizes = JSON.parse(stdout) as ParsedSize[];
  expect(sizes.length).toBeGreaterThan(30);
  // V8 leaves a part of its pages empty.
  expect(sizes.filter(({ real, told }) => real > told * 1.2)).toEqual([]);
  // Nor so much more that long texts are refused, which are what large messages are.
  const long = sizes.find(({ kind, length }) => kind === 'long strings' && length > 100_000)!;
  expect(long.told / long.length).toBeLessThan(1.5);
}, 60_000);

it('takes brackets within texts for what they are', () => {
  const text = `["${'[{:,\\"'.repeat(2_000)}"]`;
  expect(parsedSizeOf(Buffer.from(text))).toBe(text.length + 56);
  const ended = `["${'x'.repeat(5_000)}\\\\",[]]`;
  expect(parsedSizeOf(Buffer.from(ended))).toBe(ended.length + 2 * 56 + 24);
});

it('takes what is not JSON without harm', () => {
  for (const text of ['', '"', '\\', '"\\', `"${'x'.repeat(5_000)}\\`])
    expect(parsedSizeOf(Buffer.from(text))).toBeGreaterThanOrEqual(text.length);
});
