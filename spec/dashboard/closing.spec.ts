import { expect, it } from 'vitest';

import { DashboardClient, introduce, serveDashboard } from '../support/dashboard-client.js';
import { eventually } from '../support/eventually.js';
import { fetchText } from '../support/stream-client.js';

const OWN = { 'Sec-Fetch-Site': 'same-origin' };

async function setup(allowClose = true) {
  const reasons: string[] = [];
  const served = await serveDashboard(
    { allowClose },
    { hooks: { onSessionClose: (_, reason) => reasons.push(reason) } },
  );
  const client = await introduce(served.url, { name: 'victim' });
  const viewer = await DashboardClient.open(served.url);
  const key = viewer.rows[0]!.key;
  const token = viewer.hello.token ?? '';
  const close = async (headers: Record<string, string>, which = String(key)): Promise<number> => {
    const url = `${served.url}/admin/close?key=${which}`;
    return (await fetchText(url, { method: 'POST', headers })).status;
  };
  return { ...served, client, token, close, reasons };
}

it('closes a session for its own page', async () => {
  const { close, token, client, reasons, mcp } = await setup();
  expect(await close({ ...OWN, 'X-Dashboard-Token': token })).toBe(204);
  await client.end();
  await eventually(() => reasons.length === 1);
  expect(reasons).toEqual(['dashboard']);
  expect(mcp.stats().totals.closed).toEqual({ other: 1 });
});

it('checks the Origin if the browser sends no Sec-Fetch-Site', async () => {
  const { close, token, url } = await setup();
  expect(await close({ Origin: url, 'X-Dashboard-Token': token })).toBe(204);
});

it('closes nothing, and has no token, unless closing is enabled', async () => {
  const { close, token, mcp } = await setup(false);
  expect(token).toBe('');
  expect(await close({ ...OWN, 'X-Dashboard-Token': '' })).toBe(403);
  expect(await close({ ...OWN, 'X-Dashboard-Token': 'undefined' })).toBe(403);
  expect(mcp.sessions.size).toBe(1);
});

// Kills: a check that takes the token alone, or the origin alone.
it.each<[string, (set: { token: string; url: string }) => Record<string, string>]>([
  ['another site', ({ token }) => ({ 'Sec-Fetch-Site': 'cross-site', 'X-Dashboard-Token': token })],
  [
    'a sibling host',
    ({ token }) => ({ 'Sec-Fetch-Site': 'same-site', 'X-Dashboard-Token': token }),
  ],
  ['a typed URL', ({ token }) => ({ 'Sec-Fetch-Site': 'none', 'X-Dashboard-Token': token })],
  [
    'another origin',
    ({ token }) => ({ Origin: 'https://evil.example', 'X-Dashboard-Token': token }),
  ],
  ['an opaque origin', ({ token }) => ({ Origin: 'null', 'X-Dashboard-Token': token })],
  ['nowhere', ({ token }) => ({ 'X-Dashboard-Token': token })],
  ['its own page without the token', () => OWN],
  [
    'its own page with a wrong token',
    ({ token }) => ({ ...OWN, 'X-Dashboard-Token': `${token}x` }),
  ],
  [
    'its own page with a token of the same length',
    ({ token }) => ({ ...OWN, 'X-Dashboard-Token': 'x'.repeat(token.length) }),
  ],
])('refuses requests from %s', async (_, headers) => {
  const { close, mcp, ...set } = await setup();
  expect(await close(headers(set))).toBe(403);
  expect(mcp.sessions.size).toBe(1);
});

it.each(['999', '', 'x', '-1', '1.5', '__proto__'])('knows no session %j', async (key) => {
  const { close, token, mcp } = await setup();
  expect(await close({ ...OWN, 'X-Dashboard-Token': token }, key)).toBe(404);
  expect(mcp.sessions.size).toBe(1);
});

it('sends its events, with the token, to no page of another site', async () => {
  const { url } = await setup();
  for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }]) {
    const viewer = await DashboardClient.open(url, {}, headers);
    expect(viewer.stream.status).toBe(403);
  }
  expect((await DashboardClient.open(url, {}, OWN)).stream.status).toBe(200);
});
