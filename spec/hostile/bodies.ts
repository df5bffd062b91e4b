import { CANARY, NO_JSON, NO_MESSAGE, type Bytes, type HostileCase } from './case.js';
import { NOTE, post } from './request.js';

/** Texts that look like JSON, more or less. */
const NO_TEXTS: readonly string[] = [
  '',
  ' \t\r\n',
  '{',
  '}',
  '[',
  ']',
  '"',
  '{"',
  '{"a"',
  '{"a":',
  '{"a":}',
  '{"a":1,}',
  '{,"a":1}',
  '{"a" 1}',
  '{"a":1 "b":2}',
  '[1,]',
  '[,1]',
  '[1 2]',
  '[1}',
  `{${CANARY}: 1}`,
  `{'a': '${CANARY}'}`,
  `// ${CANARY}\n${NOTE}`,
  `${NOTE} /* ${CANARY} */`,
  `# ${CANARY}\n${NOTE}`,
  `<!-- ${CANARY} -->${NOTE}`,
  `callback(${NOTE})`,
  `)]}'\n${NOTE}`,
  `while(1);${NOTE}`,
  `<message>${CANARY}</message>`,
  `jsonrpc=2.0&method=${CANARY}`,
  `jsonrpc: "2.0"\nmethod: ${CANARY}\n`,
  `data: ${NOTE}\n\n`,
  'NaN',
  'Infinity',
  '-Infinity',
  'undefined',
  'True',
  'tru',
  'nulll',
  '01',
  '+1',
  '.5',
  '1.',
  '1e',
  '--1',
  '0x10',
  '1_000',
  '10n',
  `"${CANARY}`,
  `"${CANARY}\\`,
  '"\\x41"',
  '"\\u12"',
  '"\\u{41}"',
  '"\\ud83d',
  `${NOTE},`,
  `${NOTE};`,
  `${NOTE}${NOTE}`,
  `${NOTE}\n${NOTE}\n`,
  `${NOTE}\u0000`,
  `\u0000${NOTE}`,
  `\ufeff\ufeff${NOTE}`,
  `\u00a0${NOTE}`,
  `${NOTE}\u2028`,
  `\u000b${NOTE}`,
  `${NOTE}\u001a`,
];

/** Characters that a JSON string has to escape. */
const RAW_CONTROLS = ['\u0000', '\u0007', '\t', '\n', '\r', '\u001b', '\u001f'];

/** Byte sequences that UTF-8 does not have. */
const NO_UTF8: readonly [string, readonly number[]][] = [
  ['a continuation alone', [0x80]],
  ['the last continuation alone', [0xbf]],
  ['an overlong slash in two bytes', [0xc0, 0xaf]],
  ['an overlong NUL in two bytes', [0xc0, 0x80]],
  ['an overlong DEL', [0xc1, 0xbf]],
  ['an overlong slash in three bytes', [0xe0, 0x80, 0xaf]],
  ['an overlong slash in four bytes', [0xf0, 0x80, 0x80, 0xaf]],
  ['the first surrogate', [0xed, 0xa0, 0x80]],
  ['the last surrogate', [0xed, 0xbf, 0xbf]],
  ['a pair of surrogates', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a lead byte beyond four', [0xf5, 0x80, 0x80, 0x80]],
  ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['six bytes', [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80]],
  ['0xFE', [0xfe]],
  ['0xFF', [0xff]],
  ['two bytes cut to one', [0xc3]],
  ['three bytes cut to two', [0xe2, 0x82]],
  ['four bytes cut to three', [0xf0, 0x9f, 0x98]],
  ['a lead byte behind a lead byte', [0xc3, 0xc3, 0xa9]],
];

/** Where in a message they may stand. */
const PLACES: readonly [string, string, string][] = [
  ['in a value', `{"jsonrpc":"2.0","method":"note","params":{"a":"${CANARY}`, '"}}'],
  ['in a key', `{"jsonrpc":"2.0","method":"note","params":{"${CANARY}`, '":1}}'],
  ['in the method', '{"jsonrpc":"2.0","method":"', '"}'],
  ['before the message', '', NOTE],
  ['behind the message', NOTE, ''],
];

const UTF16 = Buffer.from(NOTE, 'utf16le');

/** Whole bodies in something else than UTF-8. */
const OTHER_CODINGS: readonly [string, Bytes][] = [
  ['UTF-16LE', UTF16],
  ['UTF-16LE with its BOM', Buffer.concat([Buffer.of(0xff, 0xfe), UTF16])],
  ['UTF-16BE', Buffer.from(UTF16).swap16()],
  ['Latin-1', Buffer.from(`{"jsonrpc":"2.0","method":"caf\u00e9"}`, 'latin1')],
  ['gzip that is not declared', Buffer.from('1f8b080000000000', 'hex')],
  ['MessagePack', Buffer.from('82a76a736f6e727063a3322e30a66d6574686f64a46e6f7465', 'hex')],
  ['CBOR', Buffer.from('a2676a736f6e72706363322e30666d6574686f64646e6f7465', 'hex')],
  ['256 bytes of every kind', Uint8Array.from({ length: 256 }, (_, byte) => byte)],
];

const bytesAt = (
  [, bytes]: (typeof NO_UTF8)[number],
  [, before, behind]: (typeof PLACES)[number],
) => Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(behind)]);

const NESTED = 100_000;

/** Bodies that are no JSON: all are refused in the same words. */
export const bodies: readonly HostileCase[] = [
  ...NO_TEXTS.map((body) => post(`the text ${JSON.stringify(body)}`, { body }, NO_JSON)),
  ...RAW_CONTROLS.map((control) =>
    post(
      `a raw ${JSON.stringify(control)} in a string`,
      { body: NOTE.replace(CANARY, control) },
      NO_JSON,
    ),
  ),
  ...NO_UTF8.map((sequence) =>
    post(`${sequence[0]} in a value`, { body: bytesAt(sequence, PLACES[0]!) }, NO_JSON),
  ),
  ...PLACES.slice(1).map((place) =>
    post(`a continuation alone ${place[0]}`, { body: bytesAt(NO_UTF8[0]!, place) }, NO_JSON),
  ),
  ...OTHER_CODINGS.map(([name, body]) => post(name, { body }, NO_JSON)),
  post('arrays that are never closed', { body: '['.repeat(NESTED) }, NO_MESSAGE),
  post('objects that are never closed', { body: '{"a":'.repeat(NESTED / 4) }, NO_MESSAGE),
  post('arrays that are closed too often', { body: ']'.repeat(NESTED) }, NO_JSON),
  post('a string without an end', { body: `"${'x'.repeat(NESTED)}` }, NO_JSON),
];
