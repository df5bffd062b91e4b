import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { McpSseError } from '../../lib/errors.js';
import { isInstance, messageOf, stackOf } from '../../lib/util/foreign-error.js';
import { isRecord } from '../../lib/util/guards.js';
import { isPromiseLike } from '../../lib/util/promises.js';
import { JsonRpcError, rpcErrorOf } from '../../lib/wire/json-rpc.js';
import { hostileValue } from '../support/hostile-value.js';

const CODE = 'not-serializable';
const hostile = () =>
  hostileValue(
    () => new McpSseError('forbidden', 'no'),
    () => Object.create(McpSseError.prototype) as object,
    () => new JsonRpcError(1, 'no', {}),
  );

describe('the reader of foreign errors', () => {
  it('returns the text of errors, and of anything else', () => {
    class OwnError extends TypeError {}
    const thrown = [
      new OwnError('text'),
      'text',
      undefined,
      Symbol('s'),
      { toString: () => 'text' },
    ];
    expect(thrown.map(messageOf)).toEqual(['text', 'text', 'undefined', 'Symbol(s)', 'text']);
  });

  it('returns the readable stacks of an error and its causes, within a bound', () => {
    const cause = Object.assign(new TypeError('inner'), { stack: undefined });
    const loop = new Error('loop');
    loop.cause = loop;
    expect(stackOf(new RangeError('outer', { cause }))).toMatch(
      /^RangeError: outer\n {4}at [^]*\ncaused by inner$/,
    );
    expect(stackOf(new Error('outer', { cause: 'why' }))).toMatch(/\ncaused by why$/);
    expect(stackOf('text')).toBe('text');
    expect(stackOf(loop).match(/Error: loop/g)).toHaveLength(5);
  });

  it.each([
    ['a constructor that is null', Object.assign(new Error('a'), { constructor: null }), 'a'],
    ['a constructor without a name', Object.assign(new Error('a'), { constructor: {} }), 'a'],
    ['a message that is no text', Object.assign(new Error('a'), { message: 7 })],
    [
      'a message that throws',
      Object.defineProperty(new Error(), 'message', { get: () => expect.fail() }),
    ],
  ])('reads an error with %s', (_, error, message = 'what was thrown cannot be read') => {
    expect(messageOf(error)).toBe(message);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(hostile(), (build) => {
        const value = build();
        expect(typeof messageOf(value)).toBe('string');
        expect(typeof stackOf(value)).toBe('string');
        expect(typeof isInstance(value, Error)).toBe('boolean');
        expect([typeof isRecord(value), typeof isPromiseLike(value)]).toEqual([
          'boolean',
          'boolean',
        ]);
        rpcErrorOf(value);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('an McpSseError made from what was thrown', () => {
  it('is the same error if it is a readable McpSseError', () => {
    const own = new McpSseError('forbidden', 'no');
    class Own extends McpSseError {}
    const derived = new Own('unauthorized', 'no');
    expect(McpSseError.from(own, CODE)).toBe(own);
    expect(McpSseError.from(derived, CODE)).toBe(derived);
  });

  it.each<[string, unknown]>([
    ['a proxy of one', new Proxy(new McpSseError('forbidden', 'no'), {})],
    ['an object with its prototype', Object.create(McpSseError.prototype)],
    [
      'one whose code is a getter',
      Object.defineProperty(new McpSseError('forbidden', 'no'), 'code', { get: () => 'internal' }),
    ],
    [
      'one whose message is a getter',
      Object.defineProperty(new McpSseError('forbidden', 'no'), 'message', { get: () => '' }),
    ],
  ])('is a new error for %s', (_, thrown) => {
    const error = McpSseError.from(thrown, CODE);
    expect(error).not.toBe(thrown);
    expect(error.code).toBe(CODE);
  });

  it('can always be read', () => {
    fc.assert(
      fc.property(hostile(), (build) => {
        const thrown = build();
        const { code, message, status } = McpSseError.from(thrown, CODE);
        expect([typeof code, typeof message]).toEqual(['string', 'string']);
        expect(status === undefined || status >= 400).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

it('has the status of its code, or none', () => {
  const status = (code: string): unknown => new McpSseError(code as never, '').status;
  expect(['parse-error', 'insufficient-scope', 'over-budget', 'sunset'].map(status)).toEqual([
    400, 403, 503, 410,
  ]);
  expect(['internal', 'interrupted', 'hook-failed', 'toString'].map(status)).toEqual(
    Array.from({ length: 4 }, () => undefined),
  );
});
