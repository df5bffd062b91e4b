import fc from 'fast-check';
import { expect, it } from 'vitest';

import { isPlainJson } from '../../lib/util/plain-json.js';
import { anyCharacter } from '../support/hostile-text.js';

it('accepts values that are the same after JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: anyCharacter }), (value) => {
      const again = JSON.parse(JSON.stringify(value)) as unknown;
      expect(isPlainJson(again)).toBe(true);
    }),
  );
});

it('accepts undefined members, which JSON omits, and objects without a prototype', () => {
  expect(isPlainJson({ a: undefined, b: [1] })).toBe(true);
  expect(isPlainJson(Object.assign(Object.create(null) as object, { a: 1 }))).toBe(true);
});

const cycle: Record<string, unknown> = {};
cycle.self = cycle;
const throws = {
  get a(): never {
    throw new Error('no');
  },
};
const { proxy, revoke } = Proxy.revocable({}, {});
revoke();

it.each<[string, unknown]>([
  ['undefined', undefined],
  ['NaN', NaN],
  ['infinity', -Infinity],
  ['-0, which becomes 0', -0],
  ['a bigint', 1n],
  ['a symbol', Symbol('s')],
  ['a function', () => 1],
  ['a date', new Date(0)],
  ['a map', new Map()],
  [
    'an instance of a class',
    new (class Point {
      x = 1;
    })(),
  ],
  ['an array with a hole', [1, , 2]], // eslint-disable-line no-sparse-arrays
  ['undefined in an array, which becomes null', [undefined]],
  ['a key that is a symbol', { [Symbol('s')]: 1 }],
  ['an object with toJSON', { toJSON: () => 1 }],
  ['a cycle', cycle],
  ['a getter that throws', throws],
  ['a proxy that is revoked', proxy],
  ['any of these below', { a: [{ b: new Date(0) }] }],
])('rejects %s', (_, value) => {
  expect(isPlainJson(value)).toBe(false);
});

it('rejects more than 64 levels', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  expect(isPlainJson(nested(64))).toBe(true);
  expect(isPlainJson(nested(65))).toBe(false);
});
