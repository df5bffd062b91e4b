import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { deferred } from '../support/deferred.js';
import { FakeResponse } from '../support/fake-response.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

let response: FakeResponse;
let writer: ConnectionWriter;

beforeEach(() => {
  response = new FakeResponse();
  writer = new ConnectionWriter(response, { writeTimeoutMs: 30_000 });
});

afterEach(() => {
  vi.useRealTimers();
  expect(response.faults).toEqual([]);
});

describe('a section', () => {
  it('has the connection to itself: frames that are queued meanwhile follow it', async () => {
    const middle = deferred();
    const queued = middle.promise.then(() => writer.write('c'));
    await writer.exclusive(async (write) => {
      await write('a');
      middle.resolve();
      await rounds(3);
      await write('b');
    });
    await queued;
    expect(response.writes).toEqual(['a', 'b', 'c']);
  });

  it('passes its error to its caller alone', async () => {
    const failing = writer.exclusive(async () => Promise.reject(new Error('mine')));
    const next = writer.exclusive(async (write) => write('next'));
    const queued = writer.write('queued');
    await expect(failing).rejects.toThrow('mine');
    await Promise.all([next, queued]);
    expect(response.writes).toEqual(['next', 'queued']);
  });

  it('[3] waits for drain between writes that it does not await', async () => {
    response.answers.push(false, false);
    const section = writer.exclusive(async (write) => {
      void write('a');
      void write('b');
    });
    const queued = outcomeOf(writer.write('c'));
    await rounds(3);
    expect(response.writes).toEqual(['a']);
    response.drain();
    await rounds(3);
    expect(response.writes).toEqual(['a', 'b']);
    expect(queued.state).toBe('pending');
    response.drain();
    await section;
    await rounds(2);
    expect(response.writes).toEqual(['a', 'b', 'c']);
    expect(queued.state).toBe('resolved');
  });

  it('fails at its deadline and gives the connection to the next section', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const late = deferred();
    let lateWrite: Promise<void> | undefined;
    const section = outcomeOf(
      writer.exclusive(async (write) => {
        await write('a');
        await late.promise;
        lateWrite = write('b');
      }),
    );
    const queued = writer.write('c');
    await vi.advanceTimersByTimeAsync(30_000);
    await queued;
    expect(section.code).toBe('write-failed');
    late.resolve();
    await rounds();
    await expect(lateWrite).rejects.toMatchObject({ code: 'write-failed' });
    expect(response.writes).toEqual(['a', 'c']);
    expect(writer.closed).toBe(false);
  });

  it('[3] keeps the lock past its deadline until what it wrote has drained', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    response.answers.push(true, false);
    const section = outcomeOf(
      writer.exclusive(async (write) => {
        await write('a');
        await new Promise((resolve) => setTimeout(resolve, 20_000));
        await write('b');
      }),
    );
    const queued = outcomeOf(writer.write('c'));
    await vi.advanceTimersByTimeAsync(35_000);
    expect(response.writes).toEqual(['a', 'b']);
    expect(queued.state).toBe('pending');
    response.drain();
    await rounds(3);
    expect(section.code).toBe('write-failed');
    expect(queued.state).toBe('resolved');
    expect(response.writes).toEqual(['a', 'b', 'c']);
  });

  it('[4] fails when the connection closes, and so do all sections after it', async () => {
    response.answers.push(false);
    const section = outcomeOf(writer.exclusive(async (write) => write('a')));
    let ran = false;
    const behind = outcomeOf(writer.exclusive(async () => (ran = true)));
    await rounds();
    response.close();
    await rounds();
    expect([section.code, behind.code]).toEqual(['connection-closed', 'connection-closed']);
    expect(ran).toBe(false);
  });
});

describe('[15] inside a section', () => {
  it('refuses a write of the queue, which would wait for itself', async () => {
    await writer.exclusive(async (write) => {
      await write('a');
      await expect(writer.write('b')).rejects.toMatchObject({ code: 'lock-reentered' });
      await rounds();
      await expect(writer.write('c')).rejects.toMatchObject({ code: 'lock-reentered' });
    });
    await writer.write('d');
    expect(response.text).toBe('ad');
  });

  it('refuses another section, directly or through another connection', async () => {
    const other = new ConnectionWriter(new FakeResponse());
    const again = () => writer.exclusive(async (write) => write('no'));
    await writer.exclusive(async () => {
      await expect(again()).rejects.toMatchObject({ code: 'lock-reentered' });
      await other.exclusive(async () => {
        await expect(again()).rejects.toMatchObject({ code: 'lock-reentered' });
      });
    });
    expect(response.writes).toEqual([]);
  });

  it('allows writes to other connections', async () => {
    const elsewhere = new FakeResponse();
    const other = new ConnectionWriter(elsewhere);
    await writer.exclusive(async (write) => {
      await other.write('b');
      await write('a');
    });
    expect([response.text, elsewhere.text]).toEqual(['a', 'b']);
  });

  it('lets code that it started write and lock once it is over', async () => {
    const over = deferred();
    let started: Promise<void> | undefined;
    await writer.exclusive(async (write) => {
      await write('a');
      started = over.promise.then(async () => {
        await writer.write('b');
        await writer.exclusive(async (again) => again('c'));
      });
    });
    over.resolve();
    await started;
    expect(response.text).toBe('abc');
  });
});

it('[15] queues what the code of a former section sends during another one', async () => {
  const started = deferred();
  let behind: Promise<void> | undefined;
  await writer.exclusive(async () => {
    behind = started.promise.then(() => writer.write('c'));
  });
  await writer.exclusive(async (write) => {
    await write('a');
    started.resolve();
    await rounds(2);
    await write('b');
  });
  await behind;
  expect(response.writes).toEqual(['a', 'b', 'c']);
});

describe('a section and the end', () => {
  it('runs if it was requested before the end', async () => {
    response.answers.push(false);
    const queued = writer.write('a');
    await rounds();
    const next = writer.write('b');
    await rounds();
    const section = writer.exclusive(async (write) => write('c'));
    const ended = writer.end(1_000);
    response.drain();
    await Promise.all([queued, next, section, ended]);
    expect(response.writes).toEqual(['a', 'b', 'c']);
    expect(response.writableEnded).toBe(true);
  });

  it('is refused after the end', async () => {
    const ended = writer.end(1_000);
    const section = writer.exclusive(async (write) => write('late'));
    await expect(section).rejects.toMatchObject({ code: 'connection-closed' });
    await ended;
    expect(response.writes).toEqual([]);
  });
});
