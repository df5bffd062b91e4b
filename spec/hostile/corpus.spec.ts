import { expect, it } from 'vitest';

import { corpus, posts } from './corpus.js';
import { Site } from './site.js';

const PATIENCE_MS = 60_000;

it.each(Object.entries(corpus))(
  'survives malformed requests, and answers each by the error contract: %s',
  { timeout: PATIENCE_MS },
  async (_, cases) => {
    const site = await Site.open();
    expect(await site.faults(cases)).toEqual([]);
  },
);

it('covers 300 malformed POSTs and 60 odd GETs, no two of them alike', () => {
  const all = Object.values(corpus).flat();
  const malformed = Object.values(posts).flat();
  const onTheWire = all.map(({ pieces, then, cutBehind }) =>
    [...pieces.map((piece) => Buffer.from(piece).toString('latin1')), then, cutBehind].join(''),
  );
  expect(new Set(onTheWire).size).toBe(all.length);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  expect(malformed.length).toBeGreaterThanOrEqual(300);
  expect(all.length - malformed.length).toBeGreaterThanOrEqual(60);
});
