import type { ServerResponse } from 'node:http';

import { afterEach, expect, it, vi } from 'vitest';

import { Board } from '../../lib/dashboard/board.js';
import { complete } from '../../lib/dashboard/options.js';
import { mcpSse } from '../../lib/index.js';
import { BoardClient, introduce, serveBoard } from '../support/board-client.js';
import { FakeResponse } from '../support/fake-response.js';

afterEach(() => {
  vi.useRealTimers();
});

it('bounds how many pages may be open, and counts those that are left', async () => {
  const { url } = await serveBoard({ viewers: 2 });
  const [first] = [await BoardClient.open(url), await BoardClient.open(url)];
  const third = await BoardClient.open(url);
  expect([third.stream.status, third.stream.headers['retry-after']]).toEqual([503, '5']);
  first.stream.drop();
  let next = third;
  for (let n = 0; n < 100 && next.stream.status === 503; n += 1) next = await BoardClient.open(url);
  expect(next.stream.status).toBe(200);
});

// Kills: a dashboard that keeps the server of a closed router from closing.
it('ends its pages when the router shuts down, and takes no more', async () => {
  const { url, mcp } = await serveBoard();
  await introduce(url, { name: 'client' });
  const board = await BoardClient.open(url);
  await mcp.close();
  await board.stream.end();
  expect((await BoardClient.open(url)).stream.status).toBe(503);
});

it('goes on when another router shuts down', async () => {
  const [one, two] = [await serveBoard(), await serveBoard()];
  const board = await BoardClient.open(one.url);
  await two.mcp.close();
  await board.next();
  await board.next();
});

/** A board with one page on a connection that the spec holds in its hands. */
function open() {
  vi.useFakeTimers();
  const mcp = mcpSse();
  const board = new Board(mcp, complete({ viewers: 1 }));
  const response = new FakeResponse();
  board.show(response as unknown as ServerResponse, { filter: '', order: 'newest' }, {});
  return { board, response, end: () => mcp.close() };
}

// Kills: a state for each second, whether the last was taken or not.
it('sends nothing more to a page that has not taken the last, and drops it in the end', async () => {
  const { board, response, end } = open();
  response.answers.push(false);
  await vi.advanceTimersByTimeAsync(3_000);
  const { text } = response;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(response.text).toBe(text);
  expect(board.hasRoom).toBe(false);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(response.destroyed).toBe(true);
  expect(board.hasRoom).toBe(true);
  await end();
});

it('lets a page begin anew after ten minutes, so that it is asked who it is', async () => {
  const { response, end } = open();
  await vi.advanceTimersByTimeAsync(599_000);
  expect(response.writableEnded).toBe(false);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(response.writableEnded).toBe(true);
  await end();
});
