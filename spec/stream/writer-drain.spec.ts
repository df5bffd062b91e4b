import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { McpSseError } from '../../lib/index.js';
import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { FakeResponse } from '../support/fake-response.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

let response: FakeResponse;
let writer: ConnectionWriter;
let ends: (McpSseError | undefined)[];

beforeEach(() => {
  response = new FakeResponse();
  ends = [];
  const observer = { writerClosed: (error: McpSseError | undefined) => void ends.push(error) };
  writer = new ConnectionWriter(response, { writeTimeoutMs: 30_000, observer });
});

afterEach(() => {
  vi.useRealTimers();
  expect(response.faults).toEqual([]);
});

/** A writer whose first write waits for drain, with a second one queued behind it. */
async function waiting() {
  response.answers.push(false);
  const current = outcomeOf(writer.write('a'));
  await rounds();
  const queued = outcomeOf(writer.write('b'));
  await rounds(3);
  expect(response.writes).toEqual(['a']);
  return { current, queued };
}

describe('[3] a write that waits for drain', () => {
  it('resolves only at the drain, and the next write waits for it', async () => {
    const { current, queued } = await waiting();
    expect([current.state, queued.state]).toEqual(['pending', 'pending']);
    expect(response.flushes).toBe(0);
    response.drain();
    await rounds(3);
    expect([current.state, queued.state]).toEqual(['resolved', 'resolved']);
    expect(response.writes).toEqual(['a', 'b']);
    expect(response.flushes).toBe(2);
  });

  it('is followed by all frames that were queued meanwhile, without another call', async () => {
    const { queued } = await waiting();
    const more = Array.from({ length: 5 }, (_, index) => outcomeOf(writer.write(String(index))));
    await rounds();
    response.drain();
    await rounds(5);
    expect([queued, ...more].every(({ state }) => state === 'resolved')).toBe(true);
    expect(response.writes).toEqual(['a', 'b01234']);
  });

  it('may follow another one', async () => {
    const { current, queued } = await waiting();
    response.answers.push(false);
    response.drain();
    await rounds(3);
    expect([current.state, queued.state]).toEqual(['resolved', 'pending']);
    response.drain();
    await rounds(3);
    expect(queued.state).toBe('resolved');
  });
});

it('ignores a drain without a waiting write', async () => {
  response.drain();
  response.drain();
  const { current } = await waiting();
  expect(current.state).toBe('pending');
});

it('[4] rejects written and queued frames at once when the connection closes', async () => {
  const { current, queued } = await waiting();
  response.close();
  await Promise.resolve();
  await Promise.resolve();
  expect([current.code, queued.code]).toEqual(['connection-closed', 'connection-closed']);
  expect(ends).toEqual([undefined]);
  await expect(writer.write('c')).rejects.toMatchObject({ code: 'connection-closed' });
  await rounds(3);
  expect(response.writes).toEqual(['a']);
});

it.each([true, false])(
  '[5][11] does not resolve a write that destroyed the response (write returns %s)',
  async (clear) => {
    // As Node does it: no drain and no close follow any more.
    response.onWrite = () => {
      response.destroyed = true;
    };
    response.answers.push(clear);
    const current = outcomeOf(writer.write('a'));
    const queued = outcomeOf(writer.write('b'));
    await rounds();
    expect([current.code, queued.code]).toEqual(['connection-closed', 'connection-closed']);
    expect(writer.closed).toBe(true);
    expect(ends).toEqual([undefined]);
  },
);

it.each([
  ['drain', 'close'],
  ['close', 'drain'],
] as const)('[6] settles once when %s and %s come in one tick', async (...both) => {
  const { current, queued } = await waiting();
  for (const each of both) response[each]();
  await rounds(3);
  expect([current.code, queued.code]).toEqual(['connection-closed', 'connection-closed']);
  expect(response.writes).toEqual(['a']);
  expect(response.flushes).toBe(0);
  expect(ends).toEqual([undefined]);
});

it.each(['destroyed', 'closed', 'writableEnded'] as const)(
  '[9] writes nothing to a response that was %s between the grant of the lock and the write',
  async (flag) => {
    const { current, queued } = await waiting();
    // The turn that is waited for is over in this very tick; the next one has the lock then.
    response.onFlush = () => {
      response[flag] = true;
    };
    response.drain();
    await rounds(3);
    expect([current.state, queued.code]).toEqual(['resolved', 'connection-closed']);
    expect(response.writes).toEqual(['a']);
  },
);

describe('[19] a client that reads nothing', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });

  it('is cut off at its deadline, and all sends are rejected with the reason', async () => {
    const { current, queued } = await waiting();
    await vi.advanceTimersByTimeAsync(29_999);
    expect([current.state, writer.closed]).toEqual(['pending', false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([current.code, queued.code]).toEqual(['write-timeout', 'write-timeout']);
    expect(ends).toEqual([expect.objectContaining({ code: 'write-timeout' })]);
    expect(response.destroyed).toBe(true);
  });

  it('gets the whole time again when it reads on, and leaves no timer behind', async () => {
    await waiting();
    await vi.advanceTimersByTimeAsync(29_999);
    response.answers.push(false);
    response.drain();
    await rounds(3);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(writer.closed).toBe(false);
    response.drain();
    await rounds(3);
    expect(vi.getTimerCount()).toBe(0);
    expect(writer.closed).toBe(false);
  });

  it('leaves no timer behind when it goes away', async () => {
    await waiting();
    response.close();
    await rounds();
    expect(vi.getTimerCount()).toBe(0);
  });
});
