import { channel } from 'node:diagnostics_channel';

import { describe, expect, it } from 'vitest';

import { bridge, type Bridge } from '../../lib/bridge/index.js';
import { serveHttp, serveV1 } from '../bridge/upstreams.js';
import {
  accessibilityFaults,
  hasBrowser,
  overhang,
  useBrowser,
  type Look,
} from '../support/browser.js';
import { DashboardClient, introduce, serveDashboard } from '../support/dashboard-client.js';
import { said, shows, soon } from '../support/dashboard-page.js';
import { newJournal } from '../support/sdk/tools.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';

/** Sends one session after the other to the next of these upstreams. */
async function serveBridges(...bridges: Bridge[]) {
  let next = 0;
  return serveDashboard({}, { server: (context) => bridges[next++ % bridges.length]!(context) });
}

async function good(): Promise<Bridge> {
  const { url } = await serveV1(() => v1McpServer(newJournal()));
  return bridge({ upstream: `${url}?key=secret`, name: 'tools <b>' });
}

async function refusing(name: string): Promise<Bridge> {
  const { url } = await serveHttp((_req, res) => void res.writeHead(500).end());
  return bridge({ upstream: url, name });
}

it('ignores events that other publishers put on the channel of bridges', async () => {
  const { url } = await serveDashboard({});
  const viewer = await DashboardClient.open(url);
  const sick = new Proxy({}, { get: () => 'x' });
  for (const payload of [undefined, null, 1, {}, { session: 1, state: {} }, { session: sick }]) {
    channel('mcp-sse:bridge').publish(payload);
  }
  await introduce(url, { name: 'alpha' });
  await viewer.until(() => viewer.rows[0]?.client === 'alpha');
  expect(viewer.rows).toMatchObject([{ upstream: '' }]);
});

it('names the upstream of each session, with its state', async () => {
  const { url } = await serveBridges(await good(), await refusing('broken'));
  const viewer = await DashboardClient.open(url);
  await introduce(url, { name: 'alpha' });
  await viewer.until(() => viewer.rows[0]?.upstreamState === 'open');
  expect(viewer.rows).toMatchObject([{ client: 'alpha', upstream: 'tools <b>' }]);
  await introduce(url, { name: 'beta' });
  await viewer.until(() => viewer.rows[0]?.upstreamState === 'failed');
  expect(viewer.rows).toMatchObject([{ upstream: 'broken' }, { upstreamState: 'open' }]);
  const filtered = await DashboardClient.open(url, { filter: 'failed' });
  expect(filtered.rows).toMatchObject([{ upstream: 'broken' }]);
  const sorted = await DashboardClient.open(url, { sort: '-upstream' });
  expect(sorted.rows.map(({ upstream }) => upstream)).toEqual(['tools <b>', 'broken']);
  expect(viewer.stream.text).not.toContain('secret');
});

it('shows no upstreams without a bridge', async () => {
  const { url } = await serveDashboard();
  await introduce(url, { name: 'alpha' });
  const { rows } = await DashboardClient.open(url);
  expect(rows).toMatchObject([{ upstream: '', upstreamState: '' }]);
});

describe.skipIf(!hasBrowser)('the column in a browser', { timeout: 60_000 }, () => {
  const browser = useBrowser();

  it.each<Look>([
    { width: 375, colorScheme: 'light' },
    { width: 375, colorScheme: 'dark' },
    { width: 1440, colorScheme: 'light' },
    { width: 1440, colorScheme: 'dark' },
  ])('appears with the first session of a bridge: $width px, $colorScheme', async (look) => {
    const { url } = await serveBridges(await good(), await refusing('x'.repeat(80)));
    const page = await browser.open(`${url}/admin`, look);
    await page.locator('#none').waitFor();
    await introduce(url, { name: 'alpha' });
    await introduce(url, { name: 'beta' });
    const cells = page.locator('#open td.upstream');
    const states = cells.locator('small');
    await soon(() => states.allTextContents()).toEqual(['failed', 'open']);
    expect(await cells.locator('span').allTextContents()).toEqual(['x'.repeat(80), 'tools <b>']);
    expect(await overhang(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Upstream' }).click();
    await soon(() => said(page)).toBe('Sorted by Upstream, ascending');
    await shows(page, 'alpha', 'beta');
  });
});
