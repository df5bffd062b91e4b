import { expect, it } from 'vitest';

import { McpSseError } from '../../lib/errors.js';
import { parseOptions } from '../../lib/options/settings.js';

const deprecated = new Date('2027-01-01');
const at = new Date('2027-12-01');
const successor = 'https://tools.example/mcp';
const plan = { deprecated, at, successor };

/** What `sunset` is refused with; as JavaScript would call it, past the types. */
function refusal(sunset: unknown): string {
  try {
    parseOptions({ sunset } as object);
  } catch (error) {
    if (error instanceof McpSseError && error.code === 'invalid-option') return error.message;
    throw error;
  }
  throw new Error('the option was taken');
}

it('is off unless given, and completed if it is', () => {
  expect(parseOptions({}).sunset).toBeUndefined();
  expect(parseOptions({ sunset: { deprecated, successor } }).sunset).toEqual({
    ...{ deprecated, successor, brownouts: [], refuse: 'initialize' },
  });
  const brownouts = [{ from: deprecated, to: at }];
  expect(parseOptions({ sunset: { ...plan, brownouts } }).sunset).toMatchObject({
    brownouts: [{ from: deprecated, to: at, share: 1 }],
  });
});

it.each([
  [true, 'sunset: '],
  [{}, 'sunset.deprecated: must be a valid Date'],
  [{ deprecated, at }, 'sunset.successor: '],
  [{ ...plan, deprecated: '2027-01-01' }, 'sunset.deprecated: must be a valid Date'],
  [{ ...plan, deprecated: new Date('never') }, 'sunset.deprecated: must be a valid Date'],
  [{ ...plan, at: deprecated.getTime() }, 'sunset.at: must be a valid Date'],
  [{ ...plan, at: new Date('2026-12-31') }, 'sunset: at must not be before deprecated'],
  [{ ...plan, successor: '/mcp' }, 'sunset.successor: must be an absolute URL'],
  [{ ...plan, successor: 'ftp://tools.example' }, 'sunset.successor: must be an absolute URL'],
  [{ ...plan, successor: 'https://me:pw@a.b' }, 'without a user or a password'],
  [{ ...plan, policy: 'tools.example/end' }, 'sunset.policy: must be an absolute URL'],
  [{ ...plan, brownouts: [{ from: at, to: at }] }, 'sunset.brownouts.0: from must be before to'],
  [{ ...plan, brownouts: [{ from: deprecated }] }, 'sunset.brownouts.0.to: must be a valid Date'],
  [
    { ...plan, brownouts: [{ from: deprecated, to: at, share: 0 }] },
    'sunset.brownouts.0.share: must be a number above 0, at most 1',
  ],
  [
    { ...plan, brownouts: [{ from: deprecated, to: at, share: 1.1 }] },
    'sunset.brownouts.0.share: must be a number above 0, at most 1',
  ],
  [
    { ...plan, brownouts: [{ from: deprecated, to: at, part: 1 }] },
    'unknown option sunset.brownouts.0.part',
  ],
  [{ ...plan, applies: true }, 'sunset.applies: must be a function'],
  [{ ...plan, refuse: 'stream' }, "sunset.refuse: must be 'initialize' or 'http'"],
  [{ ...plan, notice: true }, 'sunset.notice: must be a string, or false'],
  [
    { ...plan, sucessor: successor },
    'unknown option sunset.sucessor: did you mean sunset.successor?',
  ],
])('%o', (sunset, message) => {
  expect(refusal(sunset)).toContain(message);
});
