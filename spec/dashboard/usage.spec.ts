import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';

import type { UsageState } from '../../lib/dashboard/usage-view.js';
import { accessibilityFaults, hasBrowser, overhang, useBrowser } from '../support/browser.js';
import { introduce, serveDashboard } from '../support/dashboard-client.js';
import { said, soon } from '../support/dashboard-page.js';
import { fetchText } from '../support/stream-client.js';

const HOSTILE = '=1+1\t<b>bold</b>';

it('shows who uses the server, with one query for all pages', async () => {
  const { url, mcp } = await serveDashboard();
  await introduce(url, { name: 'alpha', version: '1.0' }, { 'User-Agent': 'u'.repeat(100) });
  const ask = async (): Promise<UsageState> =>
    JSON.parse((await fetchText(`${url}/admin/usage`, {})).body);
  const { rows, forgotten, missing } = await ask();
  expect({ rows, forgotten, missing }).toMatchObject({
    rows: [
      {
        ...{ client: 'alpha', version: '1.0', protocol: '2024-11-05', principal: '' },
        ...{ userAgent: `${'u'.repeat(80)}…`, transport: 'sse', sessions: 1, requests: 1 },
      },
    ],
    ...{ forgotten: 0, missing: 0 },
  });
  await introduce(url, { name: 'beta' });
  expect((await mcp.usage()).rows).toHaveLength(2);
  expect((await ask()).rows).toHaveLength(1);
});

it('is not for pages of other sites', async () => {
  const { url } = await serveDashboard();
  const headers = { 'Sec-Fetch-Site': 'cross-site' };
  expect((await fetchText(`${url}/admin/usage`, { headers })).status).toBe(403);
});

describe.skipIf(!hasBrowser)('the table in a browser', { timeout: 60_000 }, () => {
  const browser = useBrowser();
  const clients = (page: Page): Promise<string[]> =>
    page.locator('#usage th span').allTextContents();

  it.each([
    [375, 'light'],
    [375, 'dark'],
    [1440, 'light'],
    [1440, 'dark'],
  ] as const)('sorts by keyboard and is copied, at %d px, %s', async (width, colorScheme) => {
    const { url } = await serveDashboard();
    for (const name of ['beta', HOSTILE, 'alpha']) await introduce(url, { name });
    const second = await introduce(url, { name: 'beta' });
    await second.request('ping');
    const page = await browser.open(`${url}/admin`, { width, colorScheme });
    await soon(() => clients(page)).toHaveLength(3);
    expect(await page.locator('#usage b').count()).toBe(0);
    const heads = page.locator('#usage-head');
    await heads.getByRole('button', { name: 'Client', exact: true }).focus();
    await page.keyboard.press('Enter');
    await soon(() => clients(page)).toEqual([`${HOSTILE} 1.0`, 'alpha 1.0', 'beta 1.0']);
    expect(await said(page)).toBe('Sorted by Client, ascending');
    await heads.getByRole('button', { name: 'Sessions', exact: true }).focus();
    await page.keyboard.press('Space');
    await soon(async () => (await clients(page))[0]).toBe('beta 1.0');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy table' }).focus();
    await page.keyboard.press('Enter');
    await soon(() => said(page)).toBe('3 rows copied');
    const copied = String(await page.evaluate('navigator.clipboard.readText()'));
    const [head, first, ...others] = copied.split('\n').map((line) => line.split('\t'));
    expect(head).toEqual([
      ...['client', 'version', 'protocol', 'principal', 'userAgent', 'transport'],
      ...['sessions', 'requests', 'refused', 'first', 'last'],
    ]);
    expect(first!.slice(0, 9)).toEqual([
      ...['beta', '1.0', '2024-11-05', '', '', 'sse', '2', '3', '0'],
    ]);
    // Kills: a name that is a formula, or more than one cell, to a spreadsheet.
    expect(others.map(([name]) => name)).toContain("'=1+1 <b>bold</b>");
    expect(await overhang(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});
