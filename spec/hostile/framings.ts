import {
  BODY_LIMIT,
  byNode,
  CANARY,
  NO_JSON,
  TOO_LARGE,
  type Bytes,
  type HostileCase,
  type Verdict,
} from './case.js';
import { framed, HOST, JSON_TYPE, NOTE, post, postOf } from './request.js';

const size = NOTE.length;
const CHUNKED = 'Transfer-Encoding: chunked';
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const WHOLE = `${chunk(NOTE)}0\r\n\r\n`;
/** A request that must not be seen as one: it stands where the body of another should be. */
const SMUGGLED = `GET /sse?${CANARY} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

const BAD_LENGTHS = [
  '-1',
  '+5',
  '5.0',
  '0x5',
  '1e2',
  'five',
  '5 5',
  '5,5',
  '5;x',
  '\u0665',
  '9'.repeat(30),
  '18446744073709551616',
  '""',
];

const BAD_CHUNKS: readonly (readonly [string, string])[] = [
  ['a size that is no number', `g\r\n${NOTE}\r\n0\r\n\r\n`],
  ['a negative size', `-5\r\n${NOTE}\r\n0\r\n\r\n`],
  ['a size with 0x', `0x5\r\nabcde\r\n0\r\n\r\n`],
  ['no size', `\r\n${NOTE}\r\n0\r\n\r\n`],
  ['a size beyond 64 bits', `fffffffffffffffff\r\n${NOTE}\r\n0\r\n\r\n`],
  ['a chunk longer than its size', `5\r\n${NOTE}\r\n0\r\n\r\n`],
  ['a space before the size', ` 5\r\nabcde\r\n0\r\n\r\n`],
  ['a size that ends in LF alone', `5\nabcde\r\n0\r\n\r\n`],
  ['a NUL for a size', `\u0000\r\n\r\n`],
  ['a control character in an extension', `5;\u0001\r\nabcde\r\n0\r\n\r\n`],
  ['a trailer without a colon', `${chunk(NOTE)}0\r\nA\r\n\r\n`],
  ['a NUL in a trailer', `${chunk(NOTE)}0\r\nA: \u0000\r\n\r\n`],
];

const GOOD_CHUNKS: readonly (readonly [string, string])[] = [
  ['one chunk', WHOLE],
  ['a chunk for each byte', `${NOTE.split('').map(chunk).join('')}0\r\n\r\n`],
  [
    'a size in capitals and with zeros',
    `000${size.toString(16).toUpperCase()}\r\n${NOTE}\r\n0\r\n\r\n`,
  ],
  ['an extension', `${size.toString(16)};a="b";c\r\n${NOTE}\r\n0;x\r\n\r\n`],
  [
    'trailers that name a session and a host',
    `${chunk(NOTE)}0\r\nHost: evil.example\r\nsessionId: x\r\n\r\n`,
  ],
];

const CODINGS: readonly (readonly [string, Verdict])[] = [
  ['gzip', byNode(400)],
  ['gzip, chunked', 'accepted'],
  ['chunked, gzip', byNode(400)],
  ['chunked, chunked', byNode(400)],
  ['identity', byNode(400)],
  ['xchunked', byNode(400)],
  ['chunkedx', byNode(400)],
  ['"chunked"', byNode(400)],
  ['Chunked', 'accepted'],
  ['', byNode(400)],
];

const framing = (
  name: string,
  lines: readonly string[],
  rest: Bytes,
  verdict: Verdict,
  more: Partial<HostileCase> = {},
): HostileCase => ({ name, pieces: framed(lines, rest), verdict, ...more });

const lengths: readonly HostileCase[] = [
  ...BAD_LENGTHS.map((length) =>
    framing(`the length ${length}`, [`Content-Length: ${length}`], NOTE, byNode(400)),
  ),
  framing('an empty length', ['Content-Length:'], NOTE, byNode(400)),
  framing('no length at all', [], NOTE, byNode(400)),
  framing('a length of 0 before a body', ['Content-Length: 0'], NOTE, byNode(400)),
  framing(
    'the same length twice',
    [`Content-Length: ${size}`, `Content-Length: ${size}`],
    NOTE,
    byNode(400),
  ),
  framing('two lengths', [`Content-Length: ${size}`, 'Content-Length: 5'], NOTE, byNode(400)),
  framing('a length and chunks', [`Content-Length: ${size}`, CHUNKED], WHOLE, byNode(400)),
  framing('chunks and a length', [CHUNKED, `Content-Length: ${size}`], WHOLE, byNode(400)),
  framing('a length that is too short', [`Content-Length: ${size - 9}`], NOTE, byNode(400)),
  framing('a length that is too short by all but one', ['Content-Length: 1'], NOTE, byNode(400)),
  framing('a length of one more, then FIN', [`Content-Length: ${size + 1}`], NOTE, byNode(400), {
    then: 'fin',
  }),
  framing('a length of much more, then FIN', ['Content-Length: 99999'], NOTE, byNode(400), {
    then: 'fin',
  }),
  framing('a length of one more, then RST', [`Content-Length: ${size + 1}`], NOTE, 'unheard', {
    then: 'rst',
  }),
  framing('a length over the limit', [`Content-Length: ${BODY_LIMIT + 1}`], NOTE, TOO_LARGE),
  framing('a length of 2^53', ['Content-Length: 9007199254740992'], NOTE, TOO_LARGE),
  framing(
    'a length over the limit that waits to be asked',
    ['Content-Length: 9999999', 'Expect: 100-continue'],
    '',
    TOO_LARGE,
  ),
  framing('no body yet, then FIN', [`Content-Length: ${size}`], '', byNode(400), { then: 'fin' }),
  framing('no body yet, then RST', [`Content-Length: ${size}`], '', 'unheard', { then: 'rst' }),
];

const chunks: readonly HostileCase[] = [
  ...BAD_CHUNKS.map(([name, rest]) => framing(`chunks: ${name}`, [CHUNKED], rest, byNode(400))),
  ...GOOD_CHUNKS.map(([name, rest]) => framing(`chunks: ${name}`, [CHUNKED], rest, 'accepted')),
  ...CODINGS.map(([coding, verdict]) =>
    framing(
      `the transfer coding ${JSON.stringify(coding)}`,
      [`Transfer-Encoding: ${coding}`],
      WHOLE,
      verdict,
    ),
  ),
  framing('chunked twice', [CHUNKED, CHUNKED], WHOLE, byNode(400)),
  framing('chunks of nothing', [CHUNKED], '0\r\n\r\n', NO_JSON),
  framing('chunks beyond the limit', [CHUNKED], chunk(' '.repeat(BODY_LIMIT + 1)), TOO_LARGE),
  framing('an extension without end', [CHUNKED], `5;${'x'.repeat(20_000)}\r\n`, byNode(413)),
  framing('4,000 trailers', [CHUNKED], `0\r\n${'A: b\r\n'.repeat(4_000)}\r\n`, NO_JSON, {
    orByNode: 431,
  }),
  ...[
    '',
    '5',
    '5\r\n',
    '5\r\nabc',
    '5\r\nabcde',
    '5\r\nabcde\r\n',
    `${chunk(NOTE)}0`,
    `${chunk(NOTE)}0\r\n`,
  ].flatMap((rest) => [
    framing(
      `chunks that end behind ${JSON.stringify(rest.slice(-12))}, by FIN`,
      [CHUNKED],
      rest,
      byNode(400),
      { then: 'fin' },
    ),
    framing(
      `chunks that end behind ${JSON.stringify(rest.slice(-12))}, by RST`,
      [CHUNKED],
      rest,
      'unheard',
      { then: 'rst' },
    ),
  ]),
];

const [HEAD, BODY] = postOf({});

/** Where the parts of one request, or of several, meet. */
const seams: readonly HostileCase[] = [
  { name: 'a byte at a time', pieces: [HEAD, BODY], verdict: 'accepted', cutBehind: /[^]/ },
  { name: 'line by line', pieces: [HEAD, BODY], verdict: 'accepted', cutBehind: /\n/ },
  { name: 'CR and LF apart', pieces: [HEAD, BODY], verdict: 'accepted', cutBehind: /\r/ },
  {
    name: 'a head that stops, then FIN',
    pieces: [HEAD.slice(0, -2)],
    verdict: byNode(400),
    then: 'fin',
  },
  {
    name: 'a head that stops, then RST',
    pieces: [HEAD.slice(0, -2)],
    verdict: 'unheard',
    then: 'rst',
  },
  { name: 'half a line, then FIN', pieces: ['POST /mess'], verdict: byNode(400), then: 'fin' },
  { name: 'nothing, then FIN', pieces: [], verdict: 'closed', then: 'fin' },
  { name: 'nothing, then RST', pieces: [], verdict: 'unheard', then: 'rst' },
  { name: 'a whole request, then FIN', pieces: [HEAD, BODY], verdict: 'accepted', then: 'fin' },
  { name: 'a whole request, then RST', pieces: [HEAD, BODY], verdict: 'unheard', then: 'rst' },
  {
    name: 'a request and half of the next, then FIN',
    pieces: [HEAD, BODY, HEAD.slice(0, 40)],
    verdict: 'accepted',
    then: 'fin',
  },
  {
    name: 'a request and garbage',
    pieces: [HEAD, BODY, '\u0000\u0000\u0000'],
    verdict: byNode(400),
  },
  {
    name: 'garbage and a request',
    pieces: ['\u0000\u0000\u0000', HEAD, BODY],
    verdict: byNode(400),
  },
  {
    name: 'a request in the body of another',
    pieces: framed([`Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    verdict: NO_JSON,
  },
  {
    name: 'line ends of LF alone',
    pieces: [HEAD.replaceAll('\r\n', '\n'), BODY],
    verdict: byNode(400),
  },
  post(
    'a body on HTTP/1.1 that closes',
    { headers: [HOST, JSON_TYPE, 'Connection: close'] },
    'accepted',
  ),
];

/** Bodies whose ends are not where they are said to be. */
export const framings: readonly HostileCase[] = [...lengths, ...chunks, ...seams];
