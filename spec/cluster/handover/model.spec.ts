// Alone: the clock of all nodes is the spec's.
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';

import { HandOverModel, type Step } from '../../support/hand-over-model.js';

vi.mock('../../../lib/util/timers.js', () => import('../../support/fakeable-timers.js'));

/** `HAND_OVER_RUNS=10000` is the long form: other courses each time, unless a seed is given. */
const { HAND_OVER_RUNS, HAND_OVER_SEED } = process.env;
const RUNS = Number(HAND_OVER_RUNS ?? 300);
const SEED = Number(HAND_OVER_SEED ?? (HAND_OVER_RUNS === undefined ? 1 : Date.now() % 2 ** 31));
let moves = 0;
let runs = 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: [...FAKED] });
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => {
  // Otherwise nothing was tried.
  expect(moves).toBeGreaterThan(runs / 4);
});

const FAKED = [
  ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const),
  ...(['setImmediate', 'clearImmediate', 'performance'] as const),
];

const at = fc.integer({ min: 0, max: 2 });
const percent = fc.integer({ min: 0, max: 40 });
const pause = fc.constantFrom(1, 3, 10, 50, 300, 1_100, 2_100, 3_500);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('broadcast' as const), at }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('post' as const), at, slow: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('return' as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('partition' as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('heal' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('weather' as const),
      ...{ lost: percent, repeated: percent, late: percent },
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: pause }) },
);
const steps = (maxLength: number): fc.Arbitrary<Step[]> => fc.array(step, { maxLength });

/** Before, during and after a hand-over; one node may be killed, and another one shut down too. */
const course = fc.tuple(
  steps(6),
  fc.constant<Step[]>([{ do: 'close', at: 0 }]),
  steps(8),
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Step[]>([]) },
    { weight: 1, arbitrary: at.map((node): Step[] => [{ do: 'kill', at: node }]) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 2 }).map((node): Step[] => [{ do: 'close', at: node }]),
    },
  ),
  steps(6),
);

/** The client comes back while its session is about to be where it asks: it was told 404 once. */
const COMES_BACK_MEANWHILE: [Step[], Step[], Step[], Step[], Step[]] = [
  [],
  [{ do: 'close', at: 0 }],
  [],
  [],
  [
    { do: 'partition', at: 0 },
    { do: 'send', at: 1 },
    { do: 'return', at: 1 },
  ],
];

/** The node where the client comes back was silent when the others were told: it said 404 once. */
const HEARS_LATE: typeof COMES_BACK_MEANWHILE = [
  [{ do: 'partition', at: 1 }],
  [{ do: 'close', at: 0 }],
  [
    { do: 'wait', ms: 2_100 },
    { do: 'broadcast', at: 2 },
  ],
  [],
  [{ do: 'return', at: 1 }],
];

/** The next node closes while the session is on its way there: it was left there once. */
const CLOSES_TOO: typeof COMES_BACK_MEANWHILE = [
  [],
  [{ do: 'close', at: 0 }],
  [
    { do: 'wait', ms: 3 },
    { do: 'wait', ms: 3 },
  ],
  [{ do: 'close', at: 1 }],
  [],
];

/**
 * What a partition has swallowed was put off by whatever was sent behind it: the client waited for
 * its answer until the link was given up.
 */
const TALKS_ON: typeof COMES_BACK_MEANWHILE = [
  [{ do: 'post', at: 1, slow: true }],
  [{ do: 'close', at: 0 }],
  [
    { do: 'return', at: 2 },
    { do: 'wait', ms: 3_500 },
    { do: 'broadcast', at: 0 },
    { do: 'partition', at: 2 },
    { do: 'wait', ms: 1_100 },
  ],
  [],
  [],
];

/** What waited for the session at its next node was given before what came with it. */
const OVERTAKES: typeof COMES_BACK_MEANWHILE = [
  [],
  [{ do: 'close', at: 0 }],
  [
    { do: 'wait', ms: 3 },
    { do: 'send', at: 1 },
    { do: 'wait', ms: 3 },
    { do: 'send', at: 1 },
  ],
  [{ do: 'close', at: 1 }],
  [],
];

it('never has two owners, loses nothing silently, and runs and delivers nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(course, async (parts) => {
      const model = new HandOverModel();
      await model.begin();
      for (const each of parts.flat()) await model.take(each);
      await model.end();
      vi.clearAllTimers();
      moves += model.moves;
      runs += 1;
    }),
    {
      numRuns: RUNS,
      examples: [[COMES_BACK_MEANWHILE], [HEARS_LATE], [CLOSES_TOO], [TALKS_ON], [OVERTAKES]],
      seed: SEED,
    },
  );
}, 1_200_000);
