import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';

import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { ConnectionWriter } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { FakeResponse } from '../support/fake-response.js';
import { framesIn, numberedFrame } from '../support/numbered-frames.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';
import { closed, listen } from '../support/serve.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

let response: FakeResponse;

beforeEach(() => {
  response = new FakeResponse();
});
afterEach(() => {
  vi.useRealTimers();
  expect(response.faults).toEqual([]);
});

/** Two frames in two rounds: what became of the second says whether the first one waits. */
async function secondOfTwo(writer = new ConnectionWriter(response)): Promise<string> {
  void writer.write('a');
  await rounds();
  const second = outcomeOf(writer.write('b'));
  await rounds(3);
  return second.state;
}

it('treats a write that returns nothing as done', async () => {
  response.answers.push(undefined, undefined);
  expect(await secondOfTwo()).toBe('resolved');
  expect(response.writes).toEqual(['a', 'b']);
});

it('waits after a write that returns nothing if the response needs drain', async () => {
  response.writableNeedDrain = true;
  response.answers.push(undefined);
  expect(await secondOfTwo()).toBe('pending');
  response.drain();
  await rounds(3);
  expect(response.writes).toEqual(['a', 'b']);
});

describe('a write that returns false', () => {
  it('is done if neither response nor socket needs a drain', async () => {
    Object.assign(response, { writableNeedDrain: false, socket: { writableNeedDrain: false } });
    Object.defineProperty(response, 'flush', { value: undefined });
    response.answers.push(false, false);
    expect(await secondOfTwo()).toBe('resolved');
  });

  it.each([
    ['the response does', { writableNeedDrain: true, socket: { writableNeedDrain: false } }],
    ['the socket does', { writableNeedDrain: false, socket: { writableNeedDrain: true } }],
    ['the response cannot tell', { socket: { writableNeedDrain: false } }],
    ['there is no socket', { writableNeedDrain: false }],
  ])('waits when %s', async (_, state) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'setTimeout'] });
    Object.assign(response, state);
    Object.defineProperty(response, 'flush', { value: undefined });
    response.answers.push(false);
    expect(await secondOfTwo()).toBe('pending');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(response.writes).toEqual(['a']);
    response.drain();
    await rounds(3);
    expect(response.writes).toEqual(['a', 'b']);
  });

  it('waits for a response with a flush of its own, but not forever', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
    Object.assign(response, { writableNeedDrain: false, socket: { writableNeedDrain: false } });
    response.answers.push(false);
    expect(await secondOfTwo()).toBe('pending');
    await vi.advanceTimersByTimeAsync(200);
    await rounds(3);
    expect(response.writes).toEqual(['a', 'b']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('resolves when there is room, even if the drain event is lost', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
    Object.assign(response, { writableNeedDrain: true, socket: { writableNeedDrain: true } });
    response.answers.push(false);
    expect(await secondOfTwo()).toBe('pending');
    Object.assign(response, { writableNeedDrain: false, socket: { writableNeedDrain: false } });
    await vi.advanceTimersByTimeAsync(200);
    await rounds(3);
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** What middleware makes of `res.write`. */
const WRAPPERS = {
  'returns nothing': (write: ServerResponse['write']) => (chunk: string) => void write(chunk),
  'returns false always': (write: ServerResponse['write']) => (chunk: string) => {
    write(chunk);
    return false;
  },
  'is async': (write: ServerResponse['write']) => async (chunk: string) => write(chunk),
} as const;

it.each(Object.entries(WRAPPERS))('streams through a write that %s', async (_, wrap) => {
  let writer: ConnectionWriter | undefined;
  const server = createServer((_req, res) => {
    Reflect.set(res, 'write', wrap(res.write.bind(res)));
    res.writeHead(200);
    writer = new ConnectionWriter(res);
    void writer.write(numberedFrame('a', 0));
  });
  const port = await listen(server);
  onTestFinished(() => closed(server));
  const reader = await new Promise<IncomingMessage>((resolve) => {
    get({ port, host: '127.0.0.1' }, resolve);
  });
  let text = '';
  reader.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  for (let number = 1; number < 100; number += 1) {
    await writer!.write(numberedFrame('a', number, 20_000));
  }
  await eventually(() => framesIn(text).length === 100, 'all frames');
  expect(framesIn(text)).toEqual(Array.from({ length: 100 }, (_, number) => `a#${number}`));
  await writer!.end(1_000);
});
