import { expect, it } from 'vitest';

import { dashboard } from '../../lib/dashboard/index.js';
import { SessionTable } from '../../lib/dashboard/session-table.js';
import { deferred } from '../support/deferred.js';
import { BoardClient, introduce, serveBoard } from '../support/board-client.js';
import { eventually } from '../support/eventually.js';
import { request } from '../support/messages.js';
import { onlySession } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { SessionRig } from '../support/session-rig.js';
import { StreamClient } from '../support/stream-client.js';

const HOSTILE = '<img src=x onerror=alert(1)>';

it('tells who is there, what has passed, and what runs', async () => {
  const gate = deferred();
  const { url, mcp } = await serveBoard(
    {},
    {
      security: { principal: (req) => String(req.headers['x-user']) },
      handler: (message) => {
        if ('method' in message && message.method === 'wait') return gate.promise;
        return { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: {} };
      },
    },
  );
  const client = await introduce(url, { name: HOSTILE, version: '2' }, { 'X-User': 'ada' });
  await client.post(request('w', 'wait'), { 'X-User': 'ada' });
  const session = onlySession(mcp);
  const board = await BoardClient.open(url);
  expect(board.rows).toEqual([
    {
      key: 1,
      id: session.id.slice(0, 6),
      client: HOSTILE,
      version: '2',
      principal: 'ada',
      protocol: '2024-11-05',
      state: 'open',
      opened: session.openedAt.getTime(),
      active: session.lastActiveAt.getTime(),
      in: 2,
      out: 1,
      inFlight: 1,
      buffered: 0,
    },
  ]);
  // Kills: the counters of the last full second.
  expect(board.states[0]!.stats).toMatchObject({ sessions: 1, inFlight: 1 });
  gate.resolve();
});

it('tells what has changed, and nothing else', async () => {
  const { url } = await serveBoard();
  const quiet = await introduce(url, { name: 'quiet' });
  const busy = await introduce(url, { name: 'busy' });
  const board = await BoardClient.open(url);
  expect(board.rows.map(({ client }) => client)).toEqual(['busy', 'quiet']);
  await busy.request('ping');
  await board.until(() => board.rows[0]!.in === 2);
  expect(board.states.at(-1)!.rows.map(({ client }) => client)).toEqual(['busy']);
  expect(board.states.at(-1)).not.toHaveProperty('order');
  const still = await board.next();
  expect(still.rows).toEqual([]);
  quiet.drop();
  await board.until(() => board.rows.length === 1);
  expect(board.states.at(-1)!.order).toHaveLength(1);
});

it('counts what passes in each second', async () => {
  const { url } = await serveBoard();
  const client = await StreamClient.open(`${url}/sse`);
  const board = await BoardClient.open(url);
  await client.request('ping');
  await board.until(() => board.samples.some((sample) => sample.in > 0 && sample.out > 0));
  // The seconds before the page was opened are there as well.
  const late = await BoardClient.open(url);
  expect(late.states[0]!.samples.length).toBeGreaterThanOrEqual(board.samples.length);
});

it('keeps those that have closed, with the reason, and not those of another router', async () => {
  const { url, mcp } = await serveBoard();
  const other = await serveBoard();
  const [here] = [
    await introduce(url, { name: 'here' }),
    await introduce(other.url, { name: 'x' }),
  ];
  const board = await BoardClient.open(url);
  mcp.sessions.get(here.sessionId)?.close(HOSTILE + 'x'.repeat(1_000));
  await other.mcp.closeSessions();
  await board.until(() => board.closed.length > 0);
  expect(board.closed).toMatchObject([{ client: 'here', state: 'closed', in: 1, out: 1 }]);
  expect(board.closed[0]!.reason).toMatch(/^<img src=x onerror=alert\(1\)>x+…$/);
  expect(board.closed[0]!.reason.length).toBeLessThan(100);
  const late = await BoardClient.open(url);
  expect(late.closed).toEqual(board.closed);
});

it('knows the sessions that were there before it', async () => {
  const { url, app, mcp } = await serve();
  await introduce(url, { name: 'earlier' });
  app.use('/admin', dashboard(mcp));
  const board = await BoardClient.open(url);
  await mcp.closeSessions();
  await board.until(() => board.closed.length > 0);
  expect(board.closed).toMatchObject([{ client: 'earlier' }]);
});

// Kills: the whole id, which is all that it takes to post to the session.
it('never tells a whole session id', async () => {
  const { url, mcp } = await serveBoard({ showMessages: true, allowClose: true });
  const client = await introduce(url, { name: 'here' });
  const board = await BoardClient.open(url);
  await mcp.closeSessions();
  await board.until(() => board.closed.length > 0);
  expect(board.stream.text).toContain(client.sessionId.slice(0, 6));
  expect(board.stream.text).not.toContain(client.sessionId.slice(0, 8));
});

it('lists so many sessions, says how many there are, and cuts names', async () => {
  const { url } = await serveBoard({ rows: 3 });
  for (let n = 1; n <= 5; n += 1) await introduce(url, { name: String(n).repeat(100_000) });
  const board = await BoardClient.open(url);
  expect(board.rows.map(({ client }) => client[0])).toEqual(['5', '4', '3']);
  expect(board.rows.map(({ client }) => client.length)).toEqual([81, 81, 81]);
  expect(board.matching).toBe(5);
  expect(board.stream.text.length).toBeLessThan(4_000);
});

it.each([
  ['ALPHA', ['alpha']],
  ['beta', ['beta title']],
  ['9.9', ['gamma']],
  ['eve', ['gamma']],
  ['open', ['gamma', 'beta title', 'alpha']],
  ['nobody', []],
])('filters by %j', async (filter, names) => {
  const { url } = await serveBoard(
    {},
    { security: { principal: (req) => String(req.headers['x-user']) } },
  );
  await introduce(url, { name: 'alpha' }, { 'X-User': 'ada' });
  await introduce(url, { name: 'b', title: 'beta title' }, { 'X-User': 'bob' });
  await introduce(url, { name: 'gamma', version: '9.9' }, { 'X-User': 'eve' });
  const board = await BoardClient.open(url, { filter });
  expect(board.rows.map(({ client }) => client)).toEqual(names);
  expect(board.matching).toBe(names.length);
});

it('finds a session by its whole id', async () => {
  const { url } = await serveBoard();
  const one = await introduce(url, { name: 'one' });
  await introduce(url, { name: 'two' });
  const board = await BoardClient.open(url, { filter: one.sessionId });
  expect(board.rows.map(({ client }) => client)).toEqual(['one']);
});

it.each([
  ['newest', ['three', 'two', 'one']],
  ['busiest', ['two', 'one', 'three']],
  ['active', ['one', 'two', 'three']],
  ['nonsense', ['three', 'two', 'one']],
])('orders them: %s', async (order, names) => {
  const { url, mcp } = await serveBoard();
  const one = await introduce(url, { name: 'one' });
  const two = await introduce(url, { name: 'two' });
  await introduce(url, { name: 'three' });
  for (let n = 0; n < 3; n += 1) await two.request('ping');
  // Times are compared by the millisecond.
  const now = Date.now();
  await eventually(() => Date.now() > now + 2);
  await mcp.sessions.get(one.sessionId)?.notify('late');
  const board = await BoardClient.open(url, { order });
  expect(board.rows.map(({ client }) => client)).toEqual(names);
});

it('orders them by what waits for each: buffered', () => {
  // Newest first they are c, b, a.
  const [a, b, c] = [5_000, 9_000, 0].map((bytes) => {
    const { session } = new SessionRig();
    void session.notify('waits', { text: 'x'.repeat(bytes) });
    return session;
  });
  const roster = new SessionTable([a!, b!, c!]);
  const { rows } = roster.list({ filter: '', order: 'buffered' }, 2);
  expect(rows.map(({ key }) => key)).toEqual([b!, a!].map((session) => roster.keyOf(session)));
});
