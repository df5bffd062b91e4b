import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { EventStreamParser, type ReceivedEvent } from '../../lib/wire/sse-parser.js';

interface Parsed {
  events: ReceivedEvent[];
  comments: string[];
}

function parse(...chunks: string[]): Parsed {
  const parsed: Parsed = { events: [], comments: [] };
  const parser = new EventStreamParser({
    event: (event) => parsed.events.push(event),
    comment: (text) => parsed.comments.push(text),
  });
  for (const chunk of chunks) parser.feed(chunk);
  return parsed;
}

/** `text` in pieces, cut at the given places. */
function cut(text: string, places: number[]): string[] {
  const at = [...places.map((place) => place % (text.length + 1)), text.length];
  at.sort((one, other) => one - other);
  return at.map((end, index) => text.slice(at[index - 1] ?? 0, end));
}

describe('an event', () => {
  it.each<[string, string, object[]]>([
    ['has the type message unless it names one', 'data: a\n\n', [{ event: 'message', data: 'a' }]],
    ['may have a type', 'event: x\ndata: a\n\n', [{ event: 'x', data: 'a' }]],
    ['may have several lines of data', 'data: a\ndata:\ndata: b\n\n', [{ data: 'a\n\nb' }]],
    ['loses one space after the colon, and no more', 'data:  a \n\n', [{ data: ' a ' }]],
    ['may have a field without a colon', 'data\n\n', [{ data: '' }]],
    [
      'needs a line of data',
      'event: x\nid: 1\n\ndata: a\n\n',
      [{ event: 'message', id: undefined }],
    ],
    ['needs a blank line at its end', 'data: a\n', []],
    [
      'may have an id of its own',
      'id: 7\ndata: a\n\ndata: b\n\n',
      [{ id: '7' }, { id: undefined }],
    ],
    ['ignores an id that holds NUL', 'id: a\0b\ndata: a\n\n', [{ id: undefined }]],
    ['ignores fields that there are none of', 'retry: 5\nfoo: bar\ndata: a\n\n', [{ data: 'a' }]],
    ['follows a byte order mark', '\uFEFFdata: a\n\n', [{ data: 'a' }]],
    ['keeps one that is further on', 'data: \uFEFFa\n\n', [{ data: '\uFEFFa' }]],
  ])('%s', (_, text, events) => {
    const parsed = parse(text);
    expect(parsed.events).toHaveLength(events.length);
    expect(parsed.events).toMatchObject(events);
  });
});

it('tells of comments, without their colon and one space', () => {
  expect(parse(': keep-alive\n:\n:  x\n').comments).toEqual(['keep-alive', '', ' x']);
});

it.each(['\n', '\r', '\r\n'])('ends lines at %j, cut anywhere, as soon as they end', (end) => {
  const text = ['event: x', 'data: a', 'data: b', '', ''].join(end);
  const event = { event: 'x', data: 'a\nb', id: undefined };
  for (let place = 0; place <= text.length; place += 1) {
    expect(parse(text.slice(0, place), '', text.slice(place)).events).toEqual([event]);
  }
  expect(parse(...Array.from(text)).events).toEqual([event]);
});

it('reads what eventsource-parser reads, however it is cut', () => {
  const piece = fc.constantFrom(
    ...['data', 'event', 'id', 'retry', 'x', ':', ': ', '\n', '\n\n', '\r', '\r\n', '\0'],
    ...['\u2028', 'ü', '{"a":1}', ' ', 'data: 1\n', 'event: e\n', 'id: 1\n', ': c\n'],
  );
  // The reference waits for what follows a CR: something always does.
  const stream = fc.array(piece, { maxLength: 40 }).map((pieces) => `${pieces.join('')}x\n`);
  const places = fc.array(fc.nat(200), { maxLength: 10 });
  fc.assert(
    fc.property(stream, places, (text, at) => {
      const found: Parsed = { events: [], comments: [] };
      const reference = createParser({
        onEvent: ({ event = 'message', data, id }) => found.events.push({ event, data, id }),
        onComment: (comment) => found.comments.push(comment),
      });
      reference.feed(text);
      expect(parse(...cut(text, at))).toEqual(found);
    }),
    { numRuns: 2_000 },
  );
});
