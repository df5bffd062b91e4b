import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { McpSseError } from '../../lib/errors.js';
import { encodeMessage } from '../../lib/wire/sse-encoder.js';
import { anyCharacter, hostileText } from '../support/hostile-text.js';
import { parseStream } from '../support/parse-stream.js';

const anyMessage = () =>
  fc.dictionary(
    hostileText(),
    fc.oneof(hostileText(), fc.jsonValue({ stringUnit: anyCharacter, maxDepth: 3 })),
    { noNullPrototype: true, maxKeys: 5 },
  );
/** What JSON makes of a value: the most that can arrive. */
const viaJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the frame of a message', () => {
  it('is one event of type message with one line of data', () => {
    const { text } = encodeMessage({ jsonrpc: '2.0', id: 1, result: {} });
    expect(text).toBe('event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n');
  });

  it('[22] reaches a client unchanged and alone, whatever it contains', () => {
    const messages = fc.array(anyMessage(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 40 }), (given, size) => {
        const stream = given.map((message) => encodeMessage(message).text).join('');
        const { events, comments, errors } = parseStream(stream, size);
        expect(events.map(({ data }) => JSON.parse(data) as unknown)).toEqual(given.map(viaJson));
        expect(events.every(({ event, id }) => event === 'message' && id === undefined)).toBe(true);
        expect([...comments, ...errors]).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('[22] contains no line break but its own three, and knows its size in bytes', () => {
    fc.assert(
      fc.property(anyMessage(), (message) => {
        const { text, bytes } = encodeMessage(message);
        expect(text.split('\n')).toHaveLength(4);
        expect(text).not.toMatch(/[\r\u0085\u2028\u2029]/);
        expect(bytes).toBe(Buffer.byteLength(text));
      }),
      { numRuns: 500 },
    );
  });

  it('[22] escapes characters that clients in Python and Java take for line ends', () => {
    const message = { jsonrpc: '2.0', method: 'a\u0085b\u2028c\u2029d' };
    const { text } = encodeMessage(message);
    expect(text).toContain('"a\\u0085b\\u2028c\\u2029d"');
    expect(JSON.parse(text.split('data: ')[1]!)).toEqual(message);
  });

  it('[22] keeps a lone surrogate, which UTF-8 alone would lose', () => {
    const { text } = encodeMessage({ lone: '\ud83d', pair: '😀' });
    const [event] = parseStream(text, 1).events;
    expect(JSON.parse(event!.data)).toEqual({ lone: '\ud83d', pair: '😀' });
  });
});

describe('[8] a message that has no JSON form is refused:', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const failing = {
    toJSON: () => {
      throw new Error('secret');
    },
  };

  it.each([
    ['a cycle', cycle],
    ['a BigInt', { value: 1n }],
    ['undefined', undefined],
    ['a function', () => ({})],
    ['a symbol', Symbol('s')],
    ['null', null],
    ['a number', 1],
    ['a string', '{}'],
    ['an array', [{ jsonrpc: '2.0' }]],
    ['a date, which becomes a string', new Date(0)],
    ['a toJSON that throws', failing],
    ['a toJSON that gives nothing', { toJSON: () => undefined }],
    ['a toJSON deep inside that throws', { params: { deep: failing } }],
  ])('%s', (_, message) => {
    let thrown: unknown;
    try {
      encodeMessage(message);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(McpSseError);
    expect(thrown).toMatchObject({ code: 'not-serializable', cause: expect.any(Error) });
    expect((thrown as Error).message).not.toContain('secret');
  });
});
