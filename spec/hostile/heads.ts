import { BAD_TYPE, byNode, CANARY, type HostileCase, type Verdict } from './case.js';
import { framed, HOST, JSON_TYPE, NOTE, post, withHeaders } from './request.js';

const TYPES: readonly string[] = [
  '',
  ';',
  '/',
  'json',
  'application',
  'application/',
  '/json',
  '*/*',
  'application/*',
  'application/jsonp',
  'application/json5',
  'application/x-json',
  'application/json-rpc',
  'application/json-seq',
  'application/vnd.api+json',
  'text/json',
  'text/plain',
  'text/event-stream',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  `multipart/form-data; boundary=${CANARY}`,
  `${CANARY}/${CANARY}`,
  'application/json, text/plain',
  'text/plain, application/json',
  'text/plain; x=application/json',
  'application/json; charset=utf-16',
  'application/json; charset=utf-7',
  'application/json; charset=iso-8859-1',
  'application/json; charset=cp1252',
  `application/json; charset=${CANARY}`,
];

const CODINGS = ['', 'gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'identity, gzip', CANARY];

const odd: readonly HostileCase[] = [
  withHeaders('header names of Object.prototype', ['__proto__: 1', 'constructor: 2'], 'accepted'),
  {
    ...withHeaders('1,900 headers', Array<string>(1_900).fill('A: b'), 'accepted'),
    orByNode: 431,
  },
  withHeaders('a header of 20,000 letters', [`A: ${'x'.repeat(20_000)}`], byNode(431)),
  withHeaders(
    '2,000 headers of 10 letters',
    Array<string>(2_000).fill('A: xxxxxxxxxx'),
    byNode(431),
  ),
  withHeaders('a cookie of 8,000 letters', [`Cookie: ${CANARY}=${'x'.repeat(8_000)}`], 'accepted'),
  withHeaders(
    'a principal that nobody asked for',
    ['Authorization: Bearer', 'User: x'],
    'accepted',
  ),
  withHeaders('an odd session header', [`Mcp-Session-Id: ${CANARY}`], 'accepted'),
  withHeaders('an odd version', [`Mcp-Protocol-Version: ${CANARY}`], 'accepted'),
  withHeaders('a Last-Event-ID', ['Last-Event-ID: 1'], 'accepted'),
  withHeaders('another method to override', ['X-HTTP-Method-Override: DELETE'], 'accepted'),
  withHeaders('an upgrade', ['Connection: Upgrade', 'Upgrade: websocket'], 'accepted'),
  withHeaders('an upgrade to HTTP/2', ['Connection: Upgrade', 'Upgrade: h2c'], 'accepted'),
  withHeaders('contradicting connections', ['Connection: close, keep-alive'], 'accepted'),
  withHeaders('an odd Keep-Alive', ['Keep-Alive: timeout=-1, max=x'], 'accepted'),
  withHeaders('conditions', ['If-Match: "x"', 'If-None-Match: *', 'Range: bytes=9-1'], 'accepted'),
  withHeaders('bytes beyond ASCII', ['A: \u00e9\u00ff'], 'accepted'),
  withHeaders('a NUL', ['A: \u0000'], byNode(400)),
  withHeaders('a control character', ['A: \u0007'], byNode(400)),
  withHeaders('a folded header', ['A: b', ' c'], byNode(400)),
  withHeaders('a header without a colon', ['A'], byNode(400)),
  withHeaders('a header without a name', [': b'], byNode(400)),
  withHeaders('a space before the colon', ['A : b'], byNode(400)),
  withHeaders('a space in a name', ['A B: c'], byNode(400)),
  withHeaders('a name beyond ASCII', ['\u00e4: b'], byNode(400)),
  withHeaders('a bare CR', ['A: b\rC: d'], byNode(400)),
  withHeaders('two types, the right one first', ['Content-Type: text/plain'], 'accepted'),
  post(
    'two types, a wrong one first',
    { headers: [HOST, 'Content-Type: a/b', JSON_TYPE] },
    BAD_TYPE,
  ),
  post('no type', { headers: [HOST] }, BAD_TYPE),
  withHeaders('the coding identity', ['Content-Encoding: identity'], 'accepted'),
];

const EXPECTATIONS: readonly (readonly [string, Verdict])[] = [
  ['100-continue', 'accepted'],
  ['100-CONTINUE', 'accepted'],
  ['', byNode(417)],
  ['200-ok', byNode(417)],
  ['100-continues', byNode(417)],
  [CANARY, byNode(417)],
];

const length = `Content-Length: ${String(NOTE.length)}`;

/** Heads that are odd, around a body that is right. */
export const heads: readonly HostileCase[] = [
  ...TYPES.map((type) =>
    post(
      `the type ${JSON.stringify(type)}`,
      { headers: [HOST, `Content-Type: ${type}`] },
      BAD_TYPE,
    ),
  ),
  ...CODINGS.map((coding) =>
    withHeaders(`the coding ${JSON.stringify(coding)}`, [`Content-Encoding: ${coding}`], BAD_TYPE),
  ),
  ...odd,
  ...EXPECTATIONS.map(([what, verdict]) => ({
    name: `Expect: ${what}`,
    pieces: framed([length, `Expect: ${what}`], NOTE),
    verdict,
  })),
];
