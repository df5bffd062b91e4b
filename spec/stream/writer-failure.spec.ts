import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { McpSseError } from '../../lib/errors.js';
import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { FakeResponse } from '../support/fake-response.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';

let response: FakeResponse;
let writer: ConnectionWriter;
let ends: (McpSseError | undefined)[];

beforeEach(() => {
  response = new FakeResponse();
  ends = [];
  const observer = { writerClosed: (error: McpSseError | undefined) => void ends.push(error) };
  writer = new ConnectionWriter(response, { observer });
});

afterEach(() => {
  expect(response.faults).toEqual([]);
});

const boom = new Error('boom');
const fail = () => {
  throw boom;
};

describe('[7] a response that throws', () => {
  it.each([
    ['write', () => (response.onWrite = fail)],
    ['flush', () => (response.onFlush = fail)],
  ])('from %s rejects that send and later ones, and is destroyed', async (_, arm) => {
    arm();
    const sends = [writer.write('a'), writer.write('b')].map(outcomeOf);
    await rounds();
    sends.push(outcomeOf(writer.write('c')));
    await rounds();
    expect(sends.map(({ code }) => code)).toEqual(Array(3).fill('write-failed'));
    expect(sends[0]!.error).toMatchObject({ message: 'boom', cause: boom });
    expect(response.destroyed).toBe(true);
    expect(ends).toEqual([sends[0]!.error]);
    expect([writer.closed, writer.bufferedBytes]).toEqual([true, 0]);
  });

  it('leaves the lock free', async () => {
    response.onWrite = fail;
    const section = outcomeOf(writer.exclusive(async (write) => write('a')));
    const behind = outcomeOf(writer.exclusive(async (write) => write('b')));
    await rounds(2);
    expect([section.code, behind.code]).toEqual(['write-failed', 'write-failed']);
    expect(response.writes).toEqual(['a']);
  });
});

describe('[10] an error event', () => {
  it.each(['of an idle connection', 'of one that waits for drain'])('%s ends it', async (when) => {
    if (when !== 'of an idle connection') response.answers.push(false);
    const current = outcomeOf(writer.write('a'));
    await rounds();
    response.emit('error', boom);
    const next = outcomeOf(writer.write('b'));
    await rounds();
    expect(current.code).toBe(when === 'of an idle connection' ? undefined : 'write-failed');
    expect(next.error).toMatchObject({ code: 'write-failed', cause: boom });
    expect(ends).toEqual([next.error]);
    expect(response.destroyed).toBe(true);
  });

  it('after the end is ignored: it cannot kill the process', async () => {
    writer.destroy();
    await rounds();
    response.emit('error', boom);
    response.emit('error', boom);
    expect(ends).toEqual([undefined]);
  });
});

describe('[32] a writer that is destroyed', () => {
  it('fails all sends with the reason at once, even if a write waits for drain', async () => {
    response.answers.push(false);
    const current = outcomeOf(writer.write('a'));
    await rounds();
    const queued = outcomeOf(writer.write('b'));
    const why = new McpSseError('ping-timeout', 'dead');
    writer.destroy(why);
    // No turn of the loop: whoever holds the lock is not waited for.
    expect([writer.closed, response.destroyed, ends]).toEqual([true, true, [why]]);
    expect(writer.bufferedBytes).toBe(0);
    await Promise.resolve();
    expect([current.error, queued.error]).toEqual([why, why]);
    await rounds(2);
    expect(response.writes).toEqual(['a']);
  });

  it('keeps its first reason', async () => {
    const why = new McpSseError('ping-timeout', 'dead');
    writer.destroy(why);
    writer.destroy(new McpSseError('internal', 'again'));
    response.close();
    expect(ends).toEqual([why]);
    await expect(writer.write('a')).rejects.toBe(why);
  });

  it('drops frames that were queued for its next turn', async () => {
    const queued = outcomeOf(writer.write('a'));
    writer.destroy();
    await rounds(2);
    expect(queued.code).toBe('connection-closed');
    expect(response.writes).toEqual([]);
  });
});

describe('a closed response', () => {
  it.each(['destroyed', 'closed'] as const)(
    '(%s) gets no write if it was closed from the start',
    async (is) => {
      const gone = new FakeResponse();
      gone[is] = true;
      const late = new ConnectionWriter(gone);
      expect(late.closed).toBe(true);
      await expect(late.write('a')).rejects.toMatchObject({ code: 'connection-closed' });
      await late.end(1_000);
      expect([gone.writes, gone.writableEnded]).toEqual([[], false]);
    },
  );

  it('gets no write if other code has ended it', async () => {
    response.writableEnded = true;
    await expect(writer.write('a')).rejects.toMatchObject({ code: 'connection-closed' });
    expect(response.destroyed).toBe(true);
  });
});

it.each(['destroyed', 'closed'] as const)(
  'calls its observer, once, for a response that was %s before',
  async (flag) => {
    const dead = new FakeResponse();
    dead[flag] = true;
    const observer = { writerClosed: vi.fn() };
    const late = new ConnectionWriter(dead);
    // Whoever takes it over in the same turn is told too.
    late.observer = observer;
    expect(late.closed).toBe(true);
    await rounds();
    late.destroy();
    dead.close();
    expect(observer.writerClosed.mock.calls).toEqual([[undefined, late]]);
  },
);
