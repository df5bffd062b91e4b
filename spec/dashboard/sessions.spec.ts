import { expect, it } from 'vitest';

import { dashboard } from '../../lib/dashboard/index.js';
import { SessionTable, type View } from '../../lib/dashboard/session-table.js';
import { localAdapter } from '../../lib/adapter/index.js';
import type { McpSseOptions } from '../../lib/index.js';
import { deferred } from '../support/deferred.js';
import { DashboardClient, introduce, serveDashboard } from '../support/dashboard-client.js';
import { eventually } from '../support/eventually.js';
import { request } from '../support/messages.js';
import { onlySession, RESUMES } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { SessionRig } from '../support/session-rig.js';
import { StreamClient } from '../support/stream-client.js';

const HOSTILE = '<img src=x onerror=alert(1)>';

it('reports sessions, messages and running requests', async () => {
  const gate = deferred();
  const { url, mcp } = await serveDashboard(
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
  const viewer = await DashboardClient.open(url);
  expect(viewer.rows).toEqual([
    {
      key: 1,
      id: session.id.slice(0, 6),
      client: HOSTILE,
      version: '2',
      principal: 'ada',
      protocol: '2024-11-05',
      state: 'connected',
      upstream: '',
      upstreamState: '',
      opened: session.openedAt.getTime(),
      active: session.lastActiveAt.getTime(),
      in: 2,
      out: 1,
      inFlight: 1,
      buffered: 0,
    },
  ]);
  // Kills: the counters of the last full second.
  expect(viewer.states[0]!.overview).toMatchObject({ sessions: 1, inFlight: 1 });
  gate.resolve();
});

it('sends changes only', async () => {
  const { url } = await serveDashboard();
  const quiet = await introduce(url, { name: 'quiet' });
  const busy = await introduce(url, { name: 'busy' });
  const viewer = await DashboardClient.open(url);
  expect(viewer.rows.map(({ client }) => client)).toEqual(['busy', 'quiet']);
  await busy.request('ping');
  // A state may come between the two.
  await viewer.until(() => viewer.rows[0]!.in === 2 && viewer.rows[0]!.out === 2);
  expect(viewer.states.at(-1)!.rows.map(({ client }) => client)).toEqual(['busy']);
  expect(viewer.states.at(-1)).not.toHaveProperty('order');
  const still = await viewer.next();
  expect(still.rows).toEqual([]);
  quiet.drop();
  await viewer.until(() => viewer.rows.length === 1);
  expect(viewer.states.at(-1)!.order).toHaveLength(1);
});

it('counts the messages of each second', async () => {
  const { url } = await serveDashboard();
  const client = await StreamClient.open(`${url}/sse`);
  const viewer = await DashboardClient.open(url);
  await client.request('ping');
  const counted = (what: 'in' | 'out'): boolean =>
    viewer.samples.some((sample) => sample[what] > 0);
  await viewer.until(() => counted('in') && counted('out'));
  // The seconds before the page was opened are there as well.
  const late = await DashboardClient.open(url);
  expect(late.states[0]!.samples.length).toBeGreaterThanOrEqual(viewer.samples.length);
});

it('keeps closed sessions with the reason, but not those of another router', async () => {
  const { url, mcp } = await serveDashboard();
  const other = await serveDashboard();
  const [here] = [
    await introduce(url, { name: 'here' }),
    await introduce(other.url, { name: 'x' }),
  ];
  const viewer = await DashboardClient.open(url);
  mcp.sessions.get(here.sessionId)?.close(HOSTILE + 'x'.repeat(1_000));
  await other.mcp.closeSessions();
  await viewer.until(() => viewer.closed.length > 0);
  expect(viewer.closed).toMatchObject([{ client: 'here', state: 'closed', in: 1, out: 1 }]);
  expect(viewer.closed[0]!.reason).toMatch(/^<img src=x onerror=alert\(1\)>x+…$/);
  expect(viewer.closed[0]!.reason.length).toBeLessThan(100);
  const late = await DashboardClient.open(url);
  expect(late.closed).toEqual(viewer.closed);
});

it('shows sessions that are older than the dashboard', async () => {
  const { url, app, mcp } = await serve();
  await introduce(url, { name: 'earlier' });
  app.use('/admin', dashboard(mcp));
  const viewer = await DashboardClient.open(url);
  await mcp.closeSessions();
  await viewer.until(() => viewer.closed.length > 0);
  expect(viewer.closed).toMatchObject([{ client: 'earlier' }]);
});

// Kills: the whole id, which is all that it takes to post to the session.
it('never sends a whole session id', async () => {
  const { url, mcp } = await serveDashboard({ showMessages: true, allowClose: true });
  const client = await introduce(url, { name: 'here' });
  const viewer = await DashboardClient.open(url);
  await mcp.closeSessions();
  await viewer.until(() => viewer.closed.length > 0);
  expect(viewer.stream.text).toContain(client.sessionId.slice(0, 6));
  expect(viewer.stream.text).not.toContain(client.sessionId.slice(0, 8));
});

it('lists the first rows and the number of all, and cuts long names', async () => {
  const { url } = await serveDashboard({ rows: 3 });
  for (let n = 1; n <= 5; n += 1) await introduce(url, { name: String(n).repeat(256) });
  const viewer = await DashboardClient.open(url);
  expect(viewer.rows.map(({ client }) => client[0])).toEqual(['5', '4', '3']);
  expect(viewer.rows.map(({ client }) => client.length)).toEqual([81, 81, 81]);
  expect(viewer.matching).toBe(5);
  expect(viewer.stream.text.length).toBeLessThan(4_000);
});

const NAMED: McpSseOptions = {
  security: { principal: (req) => String(req.headers['x-user']) },
};

it.each([
  ['ALPHA', ['alpha']],
  ['beta', ['beta title']],
  ['gamma 9.9', ['gamma']],
  ['eve', ['gamma']],
  ['connected', ['gamma', 'beta title', 'alpha']],
  ['protocol 2024', ['gamma', 'beta title', 'alpha']],
  ['nobody', []],
])('filters by %j', async (filter, names) => {
  // Random ids would contain "eve" now and then.
  const sessionIdGenerator = (): string => String(Math.random()).slice(2).padEnd(24, '0');
  const { url } = await serveDashboard({}, { ...NAMED, sessionIdGenerator });
  await introduce(url, { name: 'alpha' }, { 'X-User': 'ada' });
  await introduce(url, { name: 'b', title: 'beta title' }, { 'X-User': 'bob' });
  await introduce(url, { name: 'gamma', version: '9.9' }, { 'X-User': 'eve' });
  const viewer = await DashboardClient.open(url, { filter });
  expect(viewer.rows.map(({ client }) => client)).toEqual(names);
  expect(viewer.matching).toBe(names.length);
});

// Kills: a filter by which whoever sees the page can guess the rest of an id, one character at a
// time, or read what was cut off.
it.each<[string, boolean, (facts: { id: string; user: string }) => string]>([
  ['the part of a session id that is shown', true, ({ id }) => id.slice(0, 6)],
  ['one character more of it', false, ({ id }) => id.slice(0, 7)],
  ['a whole session id', false, ({ id }) => id],
  ['the end of a session id', false, ({ id }) => id.slice(-6)],
  ['the part of a principal that is shown', true, ({ user }) => user.slice(0, 80)],
  ['the end of a principal that is cut off', false, ({ user }) => user.slice(-5)],
  ['a name in whose place a title is shown', false, () => 'name-behind'],
  ['the end of a version that is cut off', false, () => 'version-end'],
  ['what a message says', false, () => 'what-it-says'],
  ['what a client can do', false, () => 'elicitation'],
  ['the parts of two columns', false, ({ id }) => `${id.slice(0, 6)}title`],
])('finds by %s: %s', async (_, found, filterOf) => {
  const user = `${'u'.repeat(80)}-tail`;
  const { url } = await serveDashboard({ showMessages: true }, NAMED);
  const client = await StreamClient.open(`${url}/sse`, { 'X-User': user });
  const clientInfo = {
    name: 'name-behind',
    title: 'title',
    version: `${'1'.repeat(80)}version-end`,
  };
  const capabilities = { elicitation: {} };
  const params = { protocolVersion: '2024-11-05', capabilities, clientInfo };
  await client.post(request(1, 'initialize', params), { 'X-User': user });
  await client.post(request(2, 'what-it-says'), { 'X-User': user });
  const all = await DashboardClient.open(url);
  await all.until(() => all.rows[0]?.client === 'title');
  const filter = filterOf({ id: client.sessionId, user });
  const viewer = await DashboardClient.open(url, { filter });
  expect([viewer.rows.length, viewer.matching]).toEqual(found ? [1, 1] : [0, 0]);
});

it.each([
  ['', ['three', 'Two', 'one']],
  ['age', ['three', 'Two', 'one']],
  ['-age', ['one', 'Two', 'three']],
  ['client', ['one', 'three', 'Two']],
  ['-client', ['Two', 'three', 'one']],
  ['state', ['three', 'Two', 'one']],
  ['-in', ['Two', 'three', 'one']],
  ['in', ['three', 'one', 'Two']],
  ['-out', ['Two', 'one', 'three']],
  ['idle', ['one', 'Two', 'three']],
  ['-inFlight', ['three', 'Two', 'one']],
  ['nonsense', ['three', 'Two', 'one']],
  ['-toString', ['three', 'Two', 'one']],
])('sorts by %j', async (sort, names) => {
  const { url, mcp } = await serveDashboard();
  /** Times are compared by the millisecond. */
  const tick = (): Promise<void> => {
    const now = Date.now();
    return eventually(() => Date.now() > now + 2);
  };
  const one = await introduce(url, { name: 'one' });
  await tick();
  const two = await introduce(url, { name: 'Two' });
  await tick();
  await introduce(url, { name: 'three' });
  for (let n = 0; n < 3; n += 1) await two.request('ping');
  await tick();
  await mcp.sessions.get(one.sessionId)?.notify('late');
  const viewer = await DashboardClient.open(url, { sort });
  expect(viewer.rows.map(({ client }) => client)).toEqual(names);
});

it('sorts by waiting bytes, and by the shown part of the id', () => {
  // The newest first they are c, b, a.
  const [a, b, c] = [5_000, 9_000, 0].map((bytes) => {
    const { session } = new SessionRig();
    void session.notify('waits', { text: 'x'.repeat(bytes) });
    return session;
  });
  const table = new SessionTable([a!, b!, c!]);
  const keysOf = (sort: View['sort'], descending: boolean): number[] =>
    table.list({ filter: '', sort, descending }, 2).rows.map(({ key }) => key);
  expect(keysOf('buffered', true)).toEqual([b!, a!].map((session) => table.keyOf(session)));
  const shown = [c!, b!, a!]
    .map((session) => ({ key: table.keyOf(session), id: session.id.slice(0, 6).toLowerCase() }))
    .sort((x, y) => (x.id < y.id ? -1 : Number(x.id > y.id)));
  expect(keysOf('session', false)).toEqual(shown.slice(0, 2).map(({ key }) => key));
});

it('distinguishes connected from detached sessions', async () => {
  const { url } = await serveDashboard();
  const staying = await introduce(url, { name: 'stays' });
  const leaving = await introduce(url, { name: 'leaves' }, RESUMES);
  const viewer = await DashboardClient.open(url);
  expect(viewer.states[0]!.overview).toMatchObject({ sessions: 2, connected: 2, detached: 0 });
  leaving.drop();
  await viewer.until(() => viewer.states.at(-1)!.overview.detached === 1);
  expect(viewer.states.at(-1)!.overview).toMatchObject({ sessions: 2, connected: 1, detached: 1 });
  expect(viewer.rows.map(({ state }) => state)).toEqual(['detached', 'connected']);
  await staying.request('ping');
});

it('shows the name of the node, and the bytes that all sessions hold', async () => {
  const { url, mcp } = await serveDashboard({}, { adapter: localAdapter() });
  const leaving = await introduce(url, { name: 'leaves' }, RESUMES);
  leaving.drop();
  await eventually(() => mcp.stats().detached === 1);
  const viewer = await DashboardClient.open(url);
  const { totalBytes, cluster } = mcp.stats();
  expect(viewer.states[0]!.overview).toMatchObject({
    totalBytes,
    node: { name: cluster!.node, up: true, nodes: 1 },
  });
  const alone = await serveDashboard();
  const other = await DashboardClient.open(alone.url);
  expect(other.states[0]!.overview).not.toHaveProperty('node');
});
