import { createHash } from 'node:crypto';

import { describe, expect, it, vi } from 'vitest';

import type { UsageRow } from '../../../lib/index.js';
import { Usage } from '../../../lib/session/events/usage.js';
import { usageOf } from '../../../lib/session/events/usage-rows.js';
import { introduce } from '../../support/dashboard-client.js';
import { eventually } from '../../support/eventually.js';
import { listenTo } from '../../support/listen.js';
import { notification, request } from '../../support/messages.js';
import { onlySession } from '../../support/returning-client.js';
import { serve, type Served } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

type Router = Served<unknown>['mcp'];

const rowsOf = async (mcp: Router): Promise<readonly UsageRow[]> => (await mcp.usage()).rows;
/** The row of the only client. */
const rowOf = async (mcp: Router): Promise<UsageRow> => {
  const rows = await rowsOf(mcp);
  expect(rows).toHaveLength(1);
  return rows[0]!;
};
const byHeader = { security: { principal: (req: { headers: object }) => userOf(req.headers) } };
const userOf = (headers: object): string | undefined => Reflect.get(headers, 'x-user');

it('starts at zero', async () => {
  const before = Date.now();
  const { mcp } = await serve();
  const { since, ...nothing } = await mcp.usage();
  expect(nothing).toEqual({ rows: [], forgotten: 0, missing: [] });
  expect(since.getTime()).toBeGreaterThanOrEqual(before);
});

it('counts sessions and requests by client, version, protocol, principal and user agent', async () => {
  const { url, mcp } = await serve(byHeader);
  const headers = { 'User-Agent': 'agent/1', 'x-user': 'ann' };
  const one = await introduce(url, { name: 'alpha', version: '1.2' }, headers);
  await one.request('ping');
  await one.post(notification());
  const two = await introduce(url, { name: 'alpha', version: '1.2' }, headers);
  await two.post([request(7, 'ping'), request(8, 'ping')]);
  await introduce(url, { name: 'alpha', version: '1.3' }, headers);
  const [newer, older] = (await rowsOf(mcp)).toSorted((a, b) => a.sessions - b.sessions);
  expect(older).toEqual({
    client: 'alpha',
    version: '1.2',
    protocolVersion: '2024-11-05',
    principal: createHash('sha256').update('ann').digest('base64url').slice(0, 16),
    userAgent: 'agent/1',
    transport: 'sse',
    sessions: 2,
    requests: 5,
    refused: 0,
    firstSeen: expect.any(Date),
    lastSeen: expect.any(Date),
  });
  expect(newer).toMatchObject({ version: '1.3', sessions: 1, requests: 1 });
});

it('has a row as soon as initialize is answered, and counts a session once', async () => {
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  expect(await rowsOf(mcp)).toEqual([]);
  await client.request('initialize', { protocolVersion: '2025-06-18', capabilities: {} });
  expect(await rowOf(mcp)).toMatchObject({
    ...{ client: undefined, version: undefined, protocolVersion: '2025-06-18' },
    ...{ principal: undefined, userAgent: undefined, sessions: 1, requests: 1 },
  });
  await client.post(notification('notifications/initialized'));
  client.drop();
  await eventually(() => mcp.sessions.size === 0);
  expect(await rowOf(mcp)).toMatchObject({ sessions: 1, requests: 1 });
});

it('counts a session without initialize when it closes', async () => {
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`, { 'User-Agent': 'probe' });
  await client.request('ping');
  expect(await rowsOf(mcp)).toEqual([]);
  client.drop();
  await eventually(() => mcp.sessions.size === 0);
  const row = await rowOf(mcp);
  expect(row).toMatchObject({ client: undefined, userAgent: 'probe', sessions: 1, requests: 1 });
});

it('counts a client that comes back without initialize by its first request', async () => {
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  await client.request('tools/list');
  expect(await rowOf(mcp)).toMatchObject({ sessions: 1, requests: 1 });
});

describe('principals', () => {
  it("are shown as they are with principals: 'plain'", async () => {
    const { url, mcp } = await serve({ ...byHeader, usage: { principals: 'plain' } });
    await introduce(url, { name: 'alpha' }, { 'x-user': 'ann' });
    expect(await rowOf(mcp)).toMatchObject({ principal: 'ann' });
  });

  // Kills: a principal in the channel, where the rows have a hash of it.
  it('are hashed in the channel too', async () => {
    const heard = listenTo('mcp-sse:usage');
    const { url, mcp } = await serve(byHeader);
    await introduce(url, { name: 'alpha' }, { 'x-user': 'ann', 'User-Agent': 'agent/1' });
    const { principal } = await rowOf(mcp);
    expect(heard).toEqual([
      {
        client: 'alpha',
        version: '1.0',
        protocolVersion: '2024-11-05',
        principal,
        userAgent: 'agent/1',
        transport: 'sse',
        outcome: 'session',
        session: onlySession(mcp).handle,
      },
    ]);
    expect(principal).not.toContain('ann');
  });
});

it('counts nothing with usage: false', async () => {
  const { url, mcp } = await serve({ usage: false });
  await introduce(url, { name: 'alpha' });
  await mcp.closeSessions();
  expect(await rowsOf(mcp)).toEqual([]);
});

describe('the time when a client was seen', () => {
  const day = (date: number): Date => new Date(Date.UTC(2027, 0, date));

  it('is that of its last message, or now while it is connected', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: day(1) });
    try {
      const { url, mcp } = await serve();
      const client = await introduce(url, { name: 'alpha' });
      vi.setSystemTime(day(2));
      expect(await rowOf(mcp)).toMatchObject({ firstSeen: day(1), lastSeen: day(2) });
      client.drop();
      await eventually(() => mcp.sessions.size === 0);
      vi.setSystemTime(day(3));
      expect(await rowOf(mcp)).toMatchObject({ firstSeen: day(1), lastSeen: day(2) });
    } finally {
      vi.useRealTimers();
    }
  });

  it('orders the rows, the latest first', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: day(1) });
    try {
      const { url, mcp } = await serve();
      for (const name of ['alpha', 'beta', 'gamma']) {
        const client = await introduce(url, { name });
        client.drop();
        await eventually(() => mcp.sessions.size === 0);
        vi.setSystemTime(Date.now() + 1_000);
      }
      expect((await rowsOf(mcp)).map(({ client }) => client)).toEqual(['gamma', 'beta', 'alpha']);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the bounds', () => {
  const caller = (client: string) => ({
    ...{ client, version: '1', protocolVersion: '2024-11-05', principal: undefined },
    ...{ userAgent: undefined, transport: 'sse' as const },
  });

  it('are 1,000 rows: the least recently seen is dropped', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const usage = new Usage({ principals: 'hashed' });
      const refuse = (client: string): void => {
        vi.setSystemTime(Date.now() + 1);
        usage.refused(caller(client));
      };
      for (let index = 0; index < 1_000; index += 1) refuse(`client ${index}`);
      refuse('client 0');
      refuse('one more');
      const report = usage.report([]);
      // The node itself keeps no more: the sum of all nodes has a bound of its own.
      expect([report.rows.length, report.forgotten]).toEqual([1_000, 1]);
      const { rows, forgotten } = usageOf([report], []);
      expect([rows.length, forgotten]).toEqual([1_000, 1]);
      const [last, before] = rows;
      expect(last).toMatchObject({ client: 'one more', refused: 1 });
      expect(before).toMatchObject({ client: 'client 0', refused: 2 });
      expect(rows.some(({ client }) => client === 'client 1')).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('hold for the sum of several nodes as well', () => {
    const reports = [0, 1].map((node) => {
      const usage = new Usage({ principals: 'hashed' });
      for (let index = 0; index < 600; index += 1) usage.refused(caller(`${node} ${index}`));
      return usage.report([]);
    });
    const { rows, forgotten } = usageOf(reports, []);
    expect([rows.length, forgotten]).toEqual([1_000, 200]);
  });

  it('give a session whose row was dropped a new row, without counting it twice', async () => {
    const { url, mcp } = await serve();
    const client = await introduce(url, { name: 'alpha' });
    const session = onlySession(mcp);
    const usage = new Usage({ principals: 'hashed' });
    for (let index = 0; index < 1_000; index += 1) usage.refused(caller(`client ${index}`));
    // To this ledger the row of the session is one that it does not have.
    usage.received(session, request(9, 'tools/list'));
    const row = usageOf([usage.report([])], []).rows.find(({ client }) => client === 'alpha');
    expect(row).toMatchObject({ sessions: 0, requests: 1 });
    client.drop();
  });

  it('cut off long texts', async () => {
    const { url, mcp } = await serve({ ...byHeader, usage: { principals: 'plain' } });
    const headers = { 'User-Agent': 'u'.repeat(1_000), 'x-user': 'p'.repeat(1_000) };
    await introduce(url, { name: 'n'.repeat(250), version: 'v'.repeat(250) }, headers);
    const { client, version, userAgent, principal } = await rowOf(mcp);
    expect([client, version, userAgent, principal].map((text) => text?.length)).toEqual([
      ...[80, 40, 160, 160],
    ]);
  });
});
