import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { McpSseError } from '../../lib/errors.js';
import {
  encodeEvent,
  encodeRetry,
  escapeUrl,
  KEEP_ALIVE,
  streamHead,
} from '../../lib/wire/sse-encoder.js';
import { hostileText, onTheWire } from '../support/hostile-text.js';
import { parseStream } from '../support/parse-stream.js';

const fieldText = () => hostileText().map((text) => text.replace(/[\r\n\0]/g, ''));
const chunkBytes = () => fc.integer({ min: 1, max: 40 });
const lines = (data: string) => onTheWire(data.replace(/\r\n|\r/g, '\n'));

describe('an event', () => {
  it('has one line for each field, and a blank line at the end', () => {
    expect(encodeEvent({ id: '7', event: 'endpoint', retry: 50, data: '/message' })).toBe(
      'id: 7\nevent: endpoint\nretry: 50\ndata: /message\n\n',
    );
    expect(encodeEvent({ data: '' })).toBe('data: \n\n');
  });

  it('has a data line for each line of its data, with any line ends', () => {
    expect(encodeEvent({ data: 'a\nb\rc\r\nd\n\ne\r' })).toBe(
      'data: a\ndata: b\ndata: c\ndata: d\ndata: \ndata: e\ndata: \n\n',
    );
  });

  it('[22] reaches a client unchanged and alone, whatever it contains', () => {
    const events = fc.array(
      fc.record(
        { data: hostileText(), event: fieldText(), id: fieldText(), retry: fc.nat() },
        { requiredKeys: ['data'] },
      ),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(events, chunkBytes(), (given, size) => {
        const parsed = parseStream(given.map(encodeEvent).join(''), size);
        expect(parsed.events.map(({ data }) => data)).toEqual(given.map(({ data }) => lines(data)));
        const names = parsed.events.map(({ event }) => event ?? '');
        expect(names).toEqual(given.map(({ event }) => onTheWire(event ?? '')));
        const ids = parsed.events.map(({ id }) => id);
        expect(ids).toEqual(given.map(({ id }) => (id === undefined ? id : onTheWire(id))));
        const retries = given.flatMap(({ retry }) => retry ?? []);
        expect(parsed.retries).toEqual(retries);
        expect([...parsed.comments, ...parsed.errors]).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('[22] contains no line break but its own', () => {
    fc.assert(
      fc.property(hostileText(), (data) => {
        const frame = encodeEvent({ event: 'message', data });
        expect(frame).not.toContain('\r');
        expect(frame.indexOf('\n\n')).toBe(frame.length - 2);
        const fields = frame.slice(0, -2).split('\n');
        expect(fields.every((line, at) => line.startsWith(at === 0 ? 'event: ' : 'data: '))).toBe(
          true,
        );
      }),
    );
  });
});

describe('[22] an event is refused, not repaired,', () => {
  const refusal = expect.objectContaining({ code: 'invalid-event' });
  const refused = (event: Parameters<typeof encodeEvent>[0]) => {
    let thrown: unknown;
    try {
      encodeEvent(event);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(McpSseError);
    expect(thrown).toEqual(refusal);
  };
  const around = fc.tuple(fieldText(), fc.constantFrom('\r', '\n', '\r\n'), fieldText());

  it('when a line break would end its type or its id', () => {
    fc.assert(
      fc.property(around, ([before, lineBreak, after]) => {
        refused({ event: before + lineBreak + after, data: '' });
        refused({ id: before + lineBreak + after, data: '' });
      }),
    );
  });

  it('when its id holds a NUL, which makes clients ignore it', () => {
    refused({ id: 'a\0b', data: '' });
    expect(encodeEvent({ event: 'a\0b', data: '' })).toContain('event: a\0b\n');
  });

  it.each([-1, 1.5, NaN, Infinity, 2 ** 53, 1e21])('when its retry is %d', (retry) => {
    refused({ retry, data: '' });
  });
});

describe('a keep-alive', () => {
  it('is a comment that dispatches nothing, even between the events of a stream', () => {
    const event = encodeEvent({ data: 'x' });
    const parsed = parseStream(KEEP_ALIVE + event + KEEP_ALIVE + KEEP_ALIVE + event);
    expect(parsed.events).toHaveLength(2);
    expect(parsed.comments).toEqual(['keep-alive', 'keep-alive', 'keep-alive']);
    expect(parsed.errors).toEqual([]);
  });
});

describe('a lone retry', () => {
  it('sets the delay of the client, and dispatches nothing', () => {
    const parsed = parseStream(encodeRetry(1_500) + encodeEvent({ data: 'x' }));
    expect(parsed.retries).toEqual([1_500]);
    expect(parsed.events).toEqual([{ data: 'x', event: undefined, id: undefined }]);
  });

  it.each([-1, 1.5, NaN, Infinity])('is refused when it is %d', (retry) => {
    expect(() => encodeRetry(retry)).toThrow(McpSseError);
  });
});

it.each([
  ['/message?id=a%20b', '/message?id=a%20b'],
  ['/a\u0085b', '/a%C2%85b'],
  ['/\u2028\u2029', '/%E2%80%A8%E2%80%A9'],
  ['/é', '/é'],
])('percent-encodes line ends of other languages in a URL: %j', (url, escaped) => {
  expect(escapeUrl(url)).toBe(escaped);
});

it('tells proxies and compression not to transform a stream, in a new object each time', () => {
  expect(streamHead()).toEqual({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-transform',
    Connection: 'keep-alive',
    'X-Accel-Buffering': 'no',
  });
  expect(streamHead()).not.toBe(streamHead());
});
