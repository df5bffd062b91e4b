import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { isTooDeep, MAX_NESTING, parsedSizeOf } from '../../lib/wire/json-size.js';
import type { ParsedSize } from '../support/programs/parsed-size.js';

const PROGRAM = fileURLToPath(new URL('../support/programs/parsed-size.ts', import.meta.url));

it('estimates at least the heap of the parsed text', async () => {
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
}, 300_000);

it('ignores brackets within strings', () => {
  const text = `["${'[{:,\\"'.repeat(2_000)}"]`;
  expect(parsedSizeOf(Buffer.from(text))).toBe(text.length + 56);
  const ended = `["${'x'.repeat(5_000)}\\\\",[]]`;
  expect(parsedSizeOf(Buffer.from(ended))).toBe(ended.length + 2 * 56 + 24);
});

it('counts the cost of a name, and a text beyond Latin-1 twice', () => {
  const named = `{"name":"${'x'.repeat(5_000)}"}`;
  expect(parsedSizeOf(Buffer.from(named))).toBe(named.length + 56 + 160);
  const wide = Buffer.from(`["${'\u0101'.repeat(3_000)}"]`);
  expect(parsedSizeOf(wide)).toBe(wide.length + 56 + 6_001);
});

it('survives text that is not JSON', () => {
  for (const text of ['', '"', '\\', '"\\', `"${'x'.repeat(5_000)}\\`])
    expect(parsedSizeOf(Buffer.from(text))).toBeGreaterThanOrEqual(text.length);
});

const nested = (levels: number, inside = ''): string =>
  '['.repeat(levels) + inside + ']'.repeat(levels);

it('is Infinity for text that is nested too deep, not counting brackets within strings', () => {
  expect(parsedSizeOf(Buffer.from(`${nested(MAX_NESTING)}${' '.repeat(5_000)}`))).toBeLessThan(1e6);
  expect(parsedSizeOf(Buffer.from(nested(MAX_NESTING + 1)))).toBe(Infinity);
  expect(parsedSizeOf(Buffer.from(`{"a":${nested(MAX_NESTING)}}`))).toBe(Infinity);
  const wide = `[${Array.from({ length: MAX_NESTING }, () => '{"a":[]}').join()}]`;
  expect(parsedSizeOf(Buffer.from(wide))).toBeLessThan(1e6);
  expect(parsedSizeOf(Buffer.from(`["${'['.repeat(5_000)}"]`))).toBeLessThan(1e6);
});

it('applies the same bound to parsed JSON', () => {
  const deep = (levels: number, inside?: string): unknown => JSON.parse(nested(levels, inside));
  expect([isTooDeep(deep(MAX_NESTING)), isTooDeep(deep(MAX_NESTING, '1'))]).toEqual([false, false]);
  expect([isTooDeep(deep(MAX_NESTING + 1)), isTooDeep({ a: deep(200_000) })]).toEqual([true, true]);
  expect([1, null, 'text', [], {}].map(isTooDeep)).not.toContain(true);
});
