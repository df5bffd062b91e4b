import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { EventStreamParser, type ReceivedEvent } from '../../lib/wire/sse-parser.js';
import { expectLinear } from '../support/linear.js';

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

it('reports comments, without their colon and one space', () => {
  expect(parse(': keep-alive\n:\n:  x\n').comments).toEqual(['keep-alive', '', ' x']);
});

it.each(['\n', '\r', '\r\n'])(
  'ends lines at %j as soon as they are complete, cut anywhere',
  (end) => {
    const text = ['event: x', 'data: a', 'data: b', '', ''].join(end);
    const event = { event: 'x', data: 'a\nb', id: undefined };
    for (let place = 0; place <= text.length; place += 1) {
      expect(parse(text.slice(0, place), '', text.slice(place)).events).toEqual([event]);
    }
    expect(parse(...Array.from(text)).events).toEqual([event]);
  },
);

it('reads the same as eventsource-parser, however the text is cut', () => {
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

it('reports the id of every complete block, with or without data', () => {
  const seen: string[] = [];
  const parser = new EventStreamParser({
    lastEventId: (id) => seen.push(`id ${id}`),
    event: ({ data }) => seen.push(`data ${data}`),
  });
  parser.feed('id: 1\n\nid: 2\ndata: a\n\ndata: b\n\nid\n\nid: a\0b\n\nid: 3\ndata: c\n');
  expect(seen).toEqual(['id 1', 'id 2', 'data a', 'data b', 'id ']);
});

describe('the time for a long stream is linear', () => {
  const MIB = 1024 * 1024;

  function parseAll(length: number, chunk: string, head = '', tail = ''): void {
    let received = 0;
    const parser = new EventStreamParser({ event: ({ data }) => (received += data.length) });
    parser.feed(head);
    for (let fed = 0; fed < length; fed += chunk.length) parser.feed(chunk);
    parser.feed(tail);
    expect(received).toBeGreaterThan(0);
  }

  it.each([
    ['in one line, in pieces of 1 KiB', 4, 'x'.repeat(1024), 'data: ', '\n\n'],
    ['in one line, in pieces of 32 bytes', 4, 'x'.repeat(32), 'data: ', '\n\n'],
    ['in one line, in pieces of one byte', 0.5, 'x', 'data: ', '\n\n'],
    ['of one event with many lines', 0.5, 'data\n', 'data: x\n', '\n'],
    ['of many events', 0.5, 'data: a\n\n'.repeat(50), 'data: a\r', '\n'],
  ])('%s', async (_, mib, chunk, head, tail) => {
    await expectLinear((factor) => parseAll(factor * mib * MIB, chunk, head, tail));
  });

  it.each(['\n', '\r', '\r\n'])('in one piece, with short lines that end in %j', async (end) => {
    const event = `data: a${end}${end}`;
    const text = (mib: number): string => event.repeat((mib * MIB) / event.length);
    const texts = { 1: text(0.5), 4: text(2) };
    await expectLinear((factor) => parseAll(1, texts[factor]));
  });
});
