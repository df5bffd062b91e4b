import {
  BODY_LIMIT,
  CANARY,
  NO_MESSAGE,
  TOO_LARGE,
  type HostileCase,
  type Verdict,
} from './case.js';
import { NOTE, post } from './request.js';

type Json = Readonly<Record<string, unknown>>;

/** What a field must not be, as JSON text: `JSON.stringify` could not write some of it. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  jsonrpc: ['null', 'true', '2', '2.0', '""', '"2"', '"2.00"', '"2.0 "', '"1.0"', '["2.0"]', '{}'],
  id: ['null', 'true', '1.5', '1e400', '-1e400', '9007199254740993', '[]', '[1]', '{}'],
  method: ['null', 'true', '1', '[]', '["ping"]', '{}'],
  params: ['null', 'true', '1', '""', `"${CANARY}"`, '[]', `["${CANARY}"]`],
};
const REQUEST: Json = { jsonrpc: '2.0', id: 'h', method: CANARY, params: {} };

const WRONG_RESULTS = ['null', 'true', '1', `"${CANARY}"`, '[]'];
const WRONG_ERRORS = [
  'null',
  'true',
  '1',
  `"${CANARY}"`,
  '[]',
  '{}',
  '{"code":1}',
  `{"message":"${CANARY}"}`,
  '{"code":"1","message":"x"}',
  '{"code":1.5,"message":"x"}',
  '{"code":null,"message":"x"}',
  '{"code":1,"message":1}',
  '{"code":1e400,"message":"x"}',
];

/** JSON values that are no object, or one with nothing in it that counts. */
const NO_OBJECTS = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1e400',
  `"${CANARY}"`,
  '""',
  '{}',
  '[]',
  '[[]]',
  '[null]',
  '[{}]',
  `[[${NOTE}]]`,
  `[${NOTE},null]`,
  `[${NOTE},[${NOTE}]]`,
  `{"0":${NOTE},"length":1}`,
  `{"${CANARY}":${NOTE}}`,
  `{"message":${NOTE}}`,
  '{"JSONRPC":"2.0","METHOD":"note"}',
  '{"jsonrpc":"2.0"}',
  '{"jsonrpc":"2.0","id":1}',
  '{"jsonrpc":"2.0","params":{}}',
  '{"jsonrpc":"2.0","result":{}}',
  '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}',
  '{"method":"note"}',
];

/** Names that mean something on every object of JavaScript. */
const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'];
/** A value that would change all objects, if anything merged it. */
const POLLUTION = '{"polluted":true,"prototype":{"polluted":true}}';

const DEEP = 20_000;
const nested = (open: string, close: string, depth = DEEP): string =>
  open.repeat(depth) + close.repeat(depth);

/** The text of an object in which one field has this text. */
function withField(message: Json, field: string, text: string): string {
  const rest = Object.entries(message).filter(([name]) => name !== field);
  const fields = rest.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${[...fields, `${JSON.stringify(field)}:${text}`].join(',')}}`;
}

const cases = (texts: readonly string[], verdict: Verdict): HostileCase[] =>
  texts.map((body) => post(`the JSON ${body.slice(0, 100)}`, { body }, verdict));

const pings = (count: number): string =>
  JSON.stringify(
    Array.from({ length: count }, (_, n) => ({ jsonrpc: '2.0', id: `h${n}`, method: 'ping' })),
  );

const wrongFields = Object.entries(WRONG).flatMap(([field, texts]) =>
  texts.map((text) => withField(REQUEST, field, text)),
);

/** JSON that is no message, or no right one. */
const refusedMessages: readonly HostileCase[] = [
  ...cases(NO_OBJECTS, NO_MESSAGE),
  ...cases(wrongFields, NO_MESSAGE),
  ...cases(
    WRONG_RESULTS.map((text) => `{"jsonrpc":"2.0","id":"h","result":${text}}`),
    NO_MESSAGE,
  ),
  ...cases(
    WRONG_ERRORS.map((text) => `{"jsonrpc":"2.0","id":"h","error":${text}}`),
    NO_MESSAGE,
  ),
  ...NAMES.map((name) =>
    post(`a message under ${name}`, { body: `{"${name}":${NOTE}}` }, NO_MESSAGE),
  ),
  post('20,000 arrays', { body: nested('[', ']') }, NO_MESSAGE),
  post('20,000 objects', { body: nested('{"a":', '}').replace(':}', ':1}') }, NO_MESSAGE),
  post('20,000 arrays for an id', { body: withField(REQUEST, 'id', nested('[', ']')) }, NO_MESSAGE),
  post('a batch with one id twice', { body: pings(3).replace('h2', 'h1') }, NO_MESSAGE),
  post('a batch of 257 requests', { body: pings(257) }, NO_MESSAGE),
  post(
    'a batch of 2,000 messages and one that is none',
    { body: `[${`${NOTE},`.repeat(2_000)}{}]` },
    NO_MESSAGE,
  ),
  post('one byte more than allowed', { body: NOTE.padEnd(BODY_LIMIT + 1) }, TOO_LARGE),
];

/** Odd, and right all the same: taken, and nothing happens to anybody else. */
const acceptedMessages: readonly HostileCase[] = [
  ...NAMES.map((name) =>
    post(
      `${name} as a key of a message`,
      { body: withField(JSON.parse(NOTE), name, POLLUTION) },
      'accepted',
    ),
  ),
  ...NAMES.map((name) =>
    post(
      `${name} as a key of params and of _meta`,
      {
        body: `{"jsonrpc":"2.0","id":"h","method":"ping","params":{"${name}":${POLLUTION},"_meta":{"${name}":${POLLUTION}}}}`,
      },
      'accepted',
    ),
  ),
  ...NAMES.map((name) =>
    post(
      `${name} as a method and an id`,
      { body: `{"jsonrpc":"2.0","id":"${name}","method":"${name}"}` },
      'accepted',
    ),
  ),
  ...cases(
    [
      '{"jsonrpc":"2.0","id":"h1","id":"h2","method":"ping"}',
      '{"jsonrpc":"1.0","jsonrpc":"2.0","method":1,"method":"note"}',
      '{"jsonrpc":"2.0","id":"","method":""}',
      '{"jsonrpc":"2.0","id":-0,"method":"ping"}',
      '{"jsonrpc":"2.0","id":9e15,"method":"ping"}',
      '{"jsonrpc":"2.0","id":"h\\r\\n\\r\\ndata: {}\\n\\n","method":"ping"}',
      '{"jsonrpc":"2.0","id":"h\\ud83d\\u0000\\u2028","method":"ping"}',
      '{"\\u006asonrpc":"2.0","m\\u0065thod":"note"}',
      '{"jsonrpc":"2.0","id":"h","result":{}}',
      '{"jsonrpc":"2.0","id":"express-mcp-sse:1","result":{}}',
      '{"jsonrpc":"2.0","error":{"code":-32700,"message":""}}',
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":""}}',
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}',
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"__proto__"}}',
      '{"jsonrpc":"2.0","id":"h","method":"ping","params":{"_meta":null}}',
      '{"jsonrpc":"2.0","id":"h","method":"initialize","params":{"clientInfo":[],"capabilities":1}}',
    ],
    'accepted',
  ),
  post(
    '20,000 arrays in params',
    { body: withField(REQUEST, 'params', `{"a":${nested('[', ']')}}`) },
    NO_MESSAGE,
  ),
  post(
    '10,000 keys in params',
    {
      body: `{"jsonrpc":"2.0","method":"note","params":{${Array.from({ length: 10_000 }, (_, n) => `"k${n}":0`).join()}}}`,
    },
    'accepted',
  ),
  post('as much as allowed', { body: NOTE.padEnd(BODY_LIMIT) }, 'accepted'),
];

/** JSON of every kind: who takes what, and that nothing breaks on it. */
export const messages: readonly HostileCase[] = [...refusedMessages, ...acceptedMessages];
