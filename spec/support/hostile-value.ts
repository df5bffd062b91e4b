/** Values that throw, or lie, wherever they are touched. */
import fc from 'fast-check';

import { attempt } from '../../lib/util/foreign-error.js';

/** Builds the value: fast-check itself must not touch it. */
export type HostileValue = () => unknown;

const KEYS: PropertyKey[] = [
  ...['message', 'name', 'stack', 'code', 'data', 'cause', 'status', 'constructor', 'toString'],
  ...['valueOf', 'toJSON', 'then', 'connect', 'close', 'method', 'id', 'result', 'error'],
  ...[Symbol.toPrimitive, Symbol.toStringTag, Symbol.iterator],
  Symbol.for('nodejs.util.inspect.custom'),
];
const TRAPS = [
  ...['get', 'has', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'ownKeys', 'set'],
  ...['defineProperty', 'deleteProperty', 'isExtensible', 'preventExtensions', 'apply'],
];

function fail(): never {
  throw new RangeError('a hostile value was read');
}

/** What is put in the place of a member. */
const MEMBERS: PropertyDescriptor[] = [
  { get: fail },
  { value: fail },
  ...[null, undefined, Symbol('member'), 10n, 'forbidden', 'toString'].map((value) => ({ value })),
  { get: () => Object.create(null) as object },
];
const BASES: (() => unknown)[] = [
  () => new Error('secret'),
  () => new TypeError('secret', { cause: Object.create(null) }),
  () => new AggregateError([Object.create(null)], 'secret'),
  () => new (class extends Error {})('secret'),
  () => Object.create(Error.prototype) as object,
  () => Object.create(null) as object,
  () => ({}),
  () => [],
  () => () => fail(),
];
const PRIMITIVES = [undefined, null, 0, NaN, '', 'text', 10n, Symbol('hostile')];

/** @param own makes more values to begin with, errors of the package above all */
export function hostileValue(...own: (() => unknown)[]): fc.Arbitrary<HostileValue> {
  const recipe = fc.record({
    base: fc.constantFrom(...BASES, ...own, ...own),
    members: fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom(...MEMBERS)), {
      maxLength: 4,
    }),
    prototype: fc.constantFrom('own', 'own', 'none', 'hostile'),
    proxy: fc.constantFrom('none', 'none', 'some', 'all', 'revoked'),
    traps: fc.subarray(TRAPS),
  });
  return fc.oneof(
    { weight: 8, arbitrary: recipe.map((given) => () => build(given)) },
    { weight: 1, arbitrary: fc.constantFrom(...PRIMITIVES).map((value) => () => value) },
  );
}

interface Recipe {
  readonly base: () => unknown;
  readonly members: [PropertyKey, PropertyDescriptor][];
  readonly prototype: string;
  readonly proxy: string;
  readonly traps: readonly string[];
}

function build({ base, members, prototype, proxy, traps }: Recipe): unknown {
  const object = base() as object;
  for (const [key, descriptor] of members) {
    // [node] Touching `stack` writes it, and reads the error for that.
    attempt(
      () => Reflect.defineProperty(object, key, { configurable: true, ...descriptor }),
      false,
    );
  }
  if (prototype === 'none') Reflect.setPrototypeOf(object, null);
  if (prototype === 'hostile') Reflect.setPrototypeOf(object, failing({}, TRAPS));
  if (proxy === 'some') return failing(object, traps);
  if (proxy === 'all') return failing(object, TRAPS);
  if (proxy !== 'revoked') return object;
  const revocable = Proxy.revocable(object, {});
  revocable.revoke();
  return revocable.proxy;
}

function failing(target: object, traps: readonly string[]): object {
  return new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, fail])));
}
