import { expect, it } from 'vitest';

import { checkedUsage } from '../../lib/cluster/rpc/usage-reply.js';
import { introduce } from '../support/dashboard-client.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import { serve } from '../support/serve.js';
import { serveTwo } from '../support/serve-nodes.js';

it('adds up the counts of all nodes, or returns those of one', async () => {
  const [one, other] = await serveTwo();
  await introduce(one.url, { name: 'alpha' });
  await introduce(other.url, { name: 'alpha' });
  await introduce(other.url, { name: 'beta' });
  for (const { mcp } of [one, other]) {
    const { rows, missing } = await mcp.usage();
    expect(missing).toEqual([]);
    expect(rows.map(({ client, sessions }) => [client, sessions]).sort()).toEqual([
      ['alpha', 2],
      ['beta', 1],
    ]);
  }
  const { rows } = await one.mcp.usage({ local: true });
  expect(rows.map(({ client, sessions }) => [client, sessions])).toEqual([['alpha', 1]]);
});

// Kills: a node that is silent and nobody knows; an answer that never comes.
it('names a node that does not answer within two seconds', async () => {
  const adapter = new FaultyAdapter();
  const [one, other] = await serveTwo({}, adapter);
  await introduce(one.url, { name: 'alpha' });
  await introduce(other.url, { name: 'beta' });
  const silent = other.mcp.stats().cluster!.node;
  adapter.partitioned.add(silent);
  const { rows, missing } = await one.mcp.usage();
  expect(missing).toEqual([silent]);
  expect(rows.map(({ client }) => client)).toEqual(['alpha']);
  adapter.partitioned.clear();
});

it('asks no other node for local counts', async () => {
  const adapter = new FaultyAdapter();
  const [one, other] = await serveTwo({ resume: { trackCalls: false } }, adapter);
  adapter.partitioned.add(other.mcp.stats().cluster!.node);
  const before = one.mcp.stats().cluster!.requestsSent;
  expect(await one.mcp.usage({ local: true })).toMatchObject({ rows: [], missing: [] });
  expect(one.mcp.stats().cluster!.requestsSent).toBe(before);
  adapter.partitioned.clear();
});

it('counts hashed principals of all nodes as one', async () => {
  const options = {
    security: {
      principal: (req: { headers: object }) => String(Reflect.get(req.headers, 'x-user')),
    },
  };
  const [one, other] = await serveTwo(options);
  for (const { url } of [one, other]) await introduce(url, { name: 'alpha' }, { 'x-user': 'ann' });
  await introduce(other.url, { name: 'alpha' }, { 'x-user': 'bob' });
  const { rows } = await one.mcp.usage();
  expect(rows.map(({ sessions }) => sessions).sort()).toEqual([1, 2]);
});

it('needs no adapter', async () => {
  const { url, mcp } = await serve();
  await introduce(url, { name: 'alpha' });
  expect(await mcp.usage()).toMatchObject({ rows: [{ client: 'alpha' }], missing: [] });
});

const row = {
  ...{ client: 'alpha', transport: 'sse', sessions: 1, requests: 2, refused: 0 },
  ...{ firstSeen: 1, lastSeen: 2 },
};
const report = { rows: [row], forgotten: 0, since: 1 };

it('accepts the counts of another node after their transport', () => {
  expect(checkedUsage(report)).toEqual(report);
});

it.each([
  undefined,
  {},
  { ...report, rows: [{ ...row, sessions: -1 }] },
  { ...report, rows: [{ ...row, sessions: '1' }] },
  { ...report, rows: [{ ...row, client: 'x'.repeat(513) }] },
  { ...report, rows: [{ ...row, transport: 'stdio' }] },
  { ...report, rows: Array.from({ length: 1_001 }, () => row) },
])('refuses a malformed answer (%#)', (answer) => {
  expect(() => checkedUsage(answer)).toThrow('an answer to usage() in an unknown format');
});
