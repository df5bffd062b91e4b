import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  cancelledRequest,
  errorResponseFor,
  isRequest,
  isResponse,
  toMessages,
  type JsonRpcMessage,
} from '../../lib/wire/json-rpc.js';

const refusal = expect.objectContaining({ name: 'McpSseError', code: 'invalid-message' });

function refusalOf(parsed: unknown): unknown {
  try {
    toMessages(parsed);
  } catch (error) {
    return error;
  }
  return undefined;
}

const base = { jsonrpc: '2.0' };
const error = { code: -1, message: 'no' };

describe('a JSON-RPC message', () => {
  it.each([
    ['request', { ...base, id: 1, method: 'ping' }, true, false],
    ['request with params', { ...base, id: 'a', method: 'x', params: { a: [1] } }, true, false],
    ['request with an empty id', { ...base, id: '', method: 'x' }, true, false],
    ['request with the id 0', { ...base, id: 0, method: 'x' }, true, false],
    ['request with a negative id', { ...base, id: -1, method: 'x' }, true, false],
    ['request with further members', { ...base, id: 1, method: 'x', extra: 1 }, true, false],
    ['notification', { ...base, method: 'notifications/initialized' }, false, false],
    ['result', { ...base, id: 1, result: {} }, false, true],
    ['error', { ...base, id: 1, error }, false, true],
    ['error with data', { ...base, id: 1, error: { ...error, data: [1] } }, false, true],
    ['error for what could not be read', { ...base, id: null, error }, false, true],
    ['error without an id', { ...base, error }, false, true],
  ])('of each kind is accepted, as the same object: %s', (_, value, request, response) => {
    const messages = toMessages(value);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toBe(value);
    expect([isRequest(messages[0]!), isResponse(messages[0]!)]).toEqual([request, response]);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', '{}'],
    ['a number', 1],
    ['true', true],
    ['an empty object', {}],
    ['no version', { id: 1, method: 'x' }],
    ['version 1.0', { jsonrpc: '1.0', id: 1, method: 'x' }],
    ['the version as a number', { jsonrpc: 2, id: 1, method: 'x' }],
    ['neither method nor result nor error', { ...base, id: 1 }],
    ['a null id on a request', { ...base, id: null, method: 'x' }],
    ['a null id on a result', { ...base, id: null, result: {} }],
    ['no id on a result', { ...base, result: {} }],
    ['a broken id', { ...base, id: 1.5, method: 'x' }],
    ['an id beyond the safe integers', { ...base, id: 2 ** 53, method: 'x' }],
    ['an object as id', { ...base, id: {}, method: 'x' }],
    ['true as id', { ...base, id: true, method: 'x' }],
    ['a method that is no text', { ...base, id: 1, method: 1 }],
    ['params as an array', { ...base, id: 1, method: 'x', params: [1] }],
    ['params as text', { ...base, method: 'x', params: 'a' }],
    ['params as null', { ...base, method: 'x', params: null }],
    ['a result that is no object', { ...base, id: 1, result: 'done' }],
    ['a null result', { ...base, id: 1, result: null }],
    ['both result and error', { ...base, id: 1, result: {}, error }],
    ['an error without a code', { ...base, id: 1, error: { message: 'no' } }],
    ['an error with a broken code', { ...base, id: 1, error: { code: 1.5, message: 'no' } }],
    ['an error without a message', { ...base, id: 1, error: { code: 1 } }],
    ['an error that is text', { ...base, id: 1, error: 'no' }],
  ])('is refused when it has %s', (_, value) => {
    expect(refusalOf(value)).toEqual(refusal);
  });

  it('is refused without repeating its contents', () => {
    const { message } = refusalOf({ ...base, id: 1.5, method: 'secret' }) as Error;
    expect(message).not.toMatch(/secret|1\.5/);
  });

  it('may be any JSON: it is accepted or refused without an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const thrown = refusalOf(value);
        expect(thrown === undefined || refusal.asymmetricMatch(thrown)).toBe(true);
      }),
    );
  });
});

describe('a batch', () => {
  const one = { ...base, id: 1, method: 'x' };
  const two = { ...base, method: 'y' };
  const three = { ...base, id: 3, result: {} };

  it('returns its members in order, as the same objects', () => {
    const messages = toMessages([one, two, three]);
    expect(messages).toHaveLength(3);
    for (const [index, member] of [one, two, three].entries()) {
      expect(messages[index]).toBe(member);
    }
  });

  it.each([
    ['it is empty', []],
    ['one member is no message', [one, {}, three]],
    ['it holds a batch', [one, [two]]],
    ['it holds nothing', [null]],
  ])('is refused as a whole when %s', (_, batch) => {
    expect(refusalOf(batch)).toEqual(refusal);
  });
});

describe('a message with __proto__', () => {
  it.each(['{"polluted":true}', 'null', '{"method":"x"}', '1'])(
    'stays plain data: __proto__ is %s',
    (value) => {
      const json = `{"jsonrpc":"2.0","id":1,"method":"x","__proto__":${value},
        "params":{"__proto__":${value},"constructor":{"prototype":${value}}}}`;
      const [message] = toMessages(JSON.parse(json));
      expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
      expect(Object.keys(message!)).toContain('__proto__');
      expect({}).not.toHaveProperty('polluted');
      expect({}).not.toHaveProperty('method');
    },
  );

  it('cannot get members through __proto__', () => {
    const json = '{"__proto__":{"jsonrpc":"2.0","id":1,"method":"x"}}';
    expect(refusalOf(JSON.parse(json))).toEqual(refusal);
  });
});

describe('the request that a cancellation names', () => {
  const cancelled = (params?: unknown) =>
    cancelledRequest({ ...base, method: 'notifications/cancelled', params } as JsonRpcMessage);

  it('is returned', () => {
    expect(cancelled({ requestId: 7, reason: 'enough' })).toBe(7);
    expect(cancelled({ requestId: 'a' })).toBe('a');
    expect(cancelled({ requestId: 0 })).toBe(0);
  });

  it('is undefined if it names none, or is another message', () => {
    for (const params of [undefined, {}, { requestId: null }, { requestId: {} }]) {
      expect(cancelled(params)).toBeUndefined();
    }
    const params = { requestId: 7 };
    expect(cancelledRequest({ jsonrpc: '2.0', method: 'other', params })).toBeUndefined();
    expect(cancelledRequest({ jsonrpc: '2.0', id: 7, result: params })).toBeUndefined();
  });
});

it('makes error responses with data only if there is any', () => {
  expect(errorResponseFor(null, -32700, 'no')).toEqual({
    jsonrpc: '2.0',
    id: null,
    error: { code: -32700, message: 'no' },
  });
  expect(errorResponseFor('a', 1, 'no', [0])).toMatchObject({ id: 'a', error: { data: [0] } });
  expect(errorResponseFor(1, 1, 'no').error).not.toHaveProperty('data');
});
