import { expect, it } from 'vitest';

import { randomText } from '../../lib/util/random-text.js';

it('returns the requested number of bytes as URL-safe text, and never the same ones twice', () => {
  const texts = Array.from({ length: 3_000 }, () => randomText(18));
  expect(texts.every((text) => /^[\w-]{24}$/.test(text))).toBe(true);
  expect(new Set(texts).size).toBe(texts.length);
  // Nor is a part of one in another: where the pool ends, the rest of it is not used.
  const halves = texts.flatMap((text) => [text.slice(0, 12), text.slice(12)]);
  expect(new Set(halves).size).toBe(halves.length);
});

it('takes each value of a byte about as often as any other', () => {
  const counts = new Array<number>(256).fill(0);
  for (let time = 0; time < 8_000; time += 1) {
    for (const byte of Buffer.from(randomText(16), 'base64url'))
      counts[byte] = (counts[byte] ?? 0) + 1;
  }
  // 500 each on the average; 7 standard deviations away is one in 10¹² for a byte.
  expect(Math.min(...counts)).toBeGreaterThan(340);
  expect(Math.max(...counts)).toBeLessThan(660);
});
