import { describe, expect, it } from 'vitest';

import { OwnerResponse, type StreamLink } from '../../../lib/cluster/relay/owner-response.js';
import { EdgeStream } from '../../../lib/cluster/relay/edge-stream.js';
import { eventually } from '../../support/eventually.js';
import { wiredWriter } from '../../support/wired-writer.js';

/** A way to the client's node that takes `room` bytes, and what went over it. */
function linkTo(room = Infinity): StreamLink & { readonly sent: string[]; tight: boolean } {
  const sent: string[] = [];
  const link = {
    sent,
    tight: false,
    send: (body: string) => void sent.push(body),
    hasRoom: (bytes: number) => bytes <= room,
    isTight: () => link.tight,
  };
  return link;
}

describe('the response at the owner', () => {
  it('reports a cut once, and nothing after that', () => {
    const { sent, ...link } = linkTo();
    const response = new OwnerResponse('c', link);
    let closes = 0;
    response.on('close', () => (closes += 1));
    expect(response.write('one')).toBe(true);
    response.destroy();
    response.destroy();
    response.connectionClosed();
    expect(response.write('two')).toBe(false);
    expect(sent).toEqual(['chunk c\none', 'cut c']);
    expect([closes, response.closed, response.destroyed]).toEqual([1, true, true]);
  });

  it('is full with 64 KiB on their way, and drains once with less', () => {
    const response = new OwnerResponse('c', linkTo());
    let drains = 0;
    response.on('drain', () => (drains += 1));
    expect(response.write('x'.repeat(60_000))).toBe(true);
    expect(response.write('x'.repeat(60_000))).toBe(false);
    response.credit(50_000);
    expect(drains).toBe(0);
    response.credit(60_000);
    // More than there was, as a node of somebody else's making might say.
    response.credit(1e9);
    expect(drains).toBe(1);
    expect(response.write('x'.repeat(70_000))).toBe(false);
  });
});

it('counts bytes, not characters: Chinese text takes three bytes each', () => {
  const response = new OwnerResponse('c', linkTo());
  expect(response.write('中'.repeat(21_000))).toBe(true);
  expect(response.write('中'.repeat(1_000))).toBe(false);
});

it("holds its writer back while much waits for the client's node, for any stream", () => {
  const link = linkTo();
  const response = new OwnerResponse('c', link);
  let drains = 0;
  response.on('drain', () => (drains += 1));
  link.tight = true;
  expect(response.write('data: 1\n\n')).toBe(false);
  link.tight = false;
  response.credit(9);
  expect(drains).toBe(1);
});

it('is cut when no room is left, and its session goes on without it', () => {
  const { sent, ...link } = linkTo(10);
  const response = new OwnerResponse('c', link);
  let closes = 0;
  response.on('close', () => (closes += 1));
  expect(response.write('data: 1\n\n')).toBe(true);
  expect(response.write('data: 22\n\n!')).toBe(false);
  expect(sent).toEqual(['chunk c\ndata: 1\n\n', 'cut c']);
  expect([closes, response.closed]).toEqual([1, true]);
});

describe('the stream at the node of the client', () => {
  /** A stream, and what it has sent. */
  function stream() {
    const sent: string[] = [];
    let ends = 0;
    const relayed = new EdgeStream(
      'c',
      (body) => sent.push(body),
      () => (ends += 1),
    );
    return { relayed, sent, ends: () => ends };
  }

  it('keeps chunks that arrive before it has begun, and reports how much the socket took', async () => {
    const { relayed, sent } = stream();
    relayed.chunk('data: 1\n\n');
    const { writer, received } = await wiredWriter();
    relayed.begin(writer);
    relayed.chunk('data: 中\n\n');
    await eventually(() => sent.length === 2);
    expect(sent).toEqual(['credit c 9', 'credit c 11']);
    await eventually(() => received() === 'data: 1\n\ndata: 中\n\n');
  });

  it('is closed if its client leaves before it begins', async () => {
    const { relayed, sent, ends } = stream();
    relayed.chunk('data: nobody reads\n\n');
    const { writer, response } = await wiredWriter();
    response.destroy();
    await eventually(() => writer.closed);
    relayed.begin(writer);
    expect(sent).toContain('closed c');
    expect(ends()).toBeGreaterThan(0);
  });

  it('ends as soon as it begins if its owner has already ended it', async () => {
    const { relayed } = stream();
    relayed.end();
    const { writer, reader } = await wiredWriter();
    let ended = false;
    reader.on('end', () => (ended = true));
    relayed.begin(writer);
    await eventually(() => ended);
  });

  it('is closed at once if it is cut before it has begun', () => {
    const { relayed, sent, ends } = stream();
    relayed.cut();
    expect([sent, ends()]).toEqual([['closed c'], 1]);
  });

  it('reminds its owner that it is still there', () => {
    const { relayed, sent } = stream();
    relayed.remind();
    expect(sent).toEqual(['credit c 0']);
  });
});
