import fc from 'fast-check';
import { expect, it } from 'vitest';

import { ResumeModel, type Bounds, type Step } from '../support/resume-model.js';

/** RESUME_RUNS=10000 and more is what the promise rests on. */
const RUNS = Number(process.env.RESUME_RUNS ?? 300);
const SEED = Number(process.env.RESUME_SEED ?? 38);

/** Mostly small, so that every part of a frame has its share of cuts. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 20 }) },
  { weight: 2, arbitrary: fc.nat({ max: 2_000 }) },
  { weight: 1, arbitrary: fc.nat({ max: 100_000 }) },
);
const some = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 300 }) },
  { weight: 2, arbitrary: fc.nat({ max: 5_000 }) },
  { weight: 1, arbitrary: fc.constant(Infinity) },
);

const constant = (weight: number, step: Step) => ({ weight, arbitrary: fc.constant(step) });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      count: fc.integer({ min: 1, max: 8 }),
      bytes: size,
      ask: fc.boolean(),
    }),
  },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('read' as const), bytes: some }) },
  {
    weight: 20,
    arbitrary: fc.record({ do: fc.constant('cut' as const), bytes: some, noticed: fc.boolean() }),
  },
  constant(24, { do: 'turn' }),
  constant(24, { do: 'return' }),
  constant(8, { do: 'post' }),
  constant(3, { do: 'keepAlive' }),
  constant(3, { do: 'late' }),
  constant(3, { do: 'drop' }),
  constant(1, { do: 'release' }),
);

/** Wide bounds, under which everything fits, and narrow ones. */
const bounds: fc.Arbitrary<Bounds> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constant({ maxBufferedBytes: 1 << 24, maxEvents: 4_096, maxBytes: 1 << 22 }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      maxBufferedBytes: fc.integer({ min: 1_000, max: 50_000 }),
      maxEvents: fc.integer({ min: 5, max: 40 }),
      maxBytes: fc.integer({ min: 1_000, max: 50_000 }),
    }),
  },
);

const story = {
  bounds,
  /** How much a socket holds before its reader is waited for. */
  holds: fc.constantFrom(0, 100, 16_384),
  steps: fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
};

it.each(['ids', 'positions'] as const)(
  'nothing is lost or out of order, whatever happens to a client with %s',
  async (kind) => {
    const told = { resumed: 0, refused: 0, closed: 0, cuts: 0, repeats: 0 };
    await fc.assert(
      fc.asyncProperty(fc.record(story), async ({ bounds, holds, steps }) => {
        const model = new ResumeModel(kind, bounds, holds);
        for (const each of steps) await model.take(each);
        await model.settle();
        const { client, cuts, refused, closed } = model;
        expect(client.repeats).toBeLessThanOrEqual(kind === 'ids' ? 0 : cuts);
        told.cuts += cuts;
        told.repeats += client.repeats;
        if (refused) told.refused += 1;
        else if (closed) told.closed += 1;
        else told.resumed += 1;
      }),
      { seed: SEED, numRuns: RUNS },
    );
    if (process.env.RESUME_RUNS) console.log(kind, JSON.stringify(told));
    // Each of the endings is met, or the model would prove little.
    expect(Math.min(told.resumed, told.refused, told.closed)).toBeGreaterThan(RUNS / 30);
  },
  600_000,
);
