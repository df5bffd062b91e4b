import { describe, expect, it } from 'vitest';

import { localAdapter } from '../../lib/adapter/index.js';
import {
  accessibilityFaults,
  hasBrowser,
  overhang,
  useBrowser,
  type Look,
} from '../support/browser.js';
import { introduce, serveDashboard } from '../support/dashboard-client.js';
import { shows, soon } from '../support/dashboard-page.js';
import { RESUMES } from '../support/returning-client.js';

describe.skipIf(!hasBrowser)('the layout of the page in a browser', { timeout: 60_000 }, () => {
  const browser = useBrowser();

  it('marks connected and detached sessions, and shows protocol versions as such', async () => {
    const { url } = await serveDashboard();
    await introduce(url, { name: 'stays' });
    const leaves = await introduce(url, { name: 'leaves' }, RESUMES);
    leaves.drop();
    const page = await browser.open(`${url}/admin`, { width: 375, colorScheme: 'light' });
    const figures = page
      .locator('.tiles > div')
      .first()
      .locator('dd:not(.note), b, .note:last-child');
    await soon(() => figures.allTextContents()).toEqual(['2', '1', '1', '2 opened, 0 closed']);
    await page.locator('#open').getByText('protocol 2024-11-05').first().waitFor();
    const state = page.locator('#open td[data-state="detached"]');
    const lines =
      'document.querySelector("td[data-state=detached] > span").getClientRects().length';
    expect(await page.evaluate(lines)).toBe(1);
    const [cell, viewport] = [await state.boundingBox(), page.viewportSize()];
    expect(cell!.x + cell!.width).toBeLessThanOrEqual(viewport!.width);
  });

  it('names its node if there are several', async () => {
    const { url, mcp } = await serveDashboard({}, { adapter: localAdapter() });
    const page = await browser.open(`${url}/admin`, { width: 375, colorScheme: 'dark' });
    const { node } = mcp.stats().cluster!;
    await soon(() => page.locator('#node').textContent()).toBe(`Node ${node}, 1 of 1`);
    expect(await overhang(page)).toBe(0);
    const alone = await serveDashboard();
    const other = await browser.open(`${alone.url}/admin`);
    await other.locator('#none').waitFor();
    expect(await other.locator('#node').isVisible()).toBe(false);
  });

  it('shows the first clients of many, and all of them at the press of a button', async () => {
    const { url } = await serveDashboard();
    const names = Array.from({ length: 27 }, (_, n) => `client-${n}`);
    await Promise.all(names.map((name) => introduce(url, { name })));
    const page = await browser.open(`${url}/admin`, { width: 375, colorScheme: 'light' });
    const rows = page.locator('#usage tr');
    await soon(() => rows.count()).toBe(25);
    const button = page.getByRole('button', { name: 'Show all 27' });
    await button.click();
    expect(await rows.count()).toBe(27);
    await page.getByRole('button', { name: 'Show 25' }).click();
    expect(await rows.count()).toBe(25);
    expect(await overhang(page)).toBe(0);
  });

  it('has axes with the highest and the lowest value and the span of time', async () => {
    const { url, mcp } = await serveDashboard();
    const client = await introduce(url, { name: 'alpha' });
    const page = await browser.open(`${url}/admin`);
    await Promise.all(Array.from({ length: 30 }, () => client.request('ping')));
    await soon(() => page.locator('#rate .highest').textContent()).toMatch(/^(20|50)\/s$/);
    expect(await page.locator('#rate span').allTextContents()).toEqual([
      expect.any(String),
      '0/s',
      ...['2 min ago', '1 min ago', 'now'],
    ]);
    expect(await page.locator('#buffer span').allTextContents()).toEqual([
      ...['1 KiB', '0 B'],
      ...['2 min ago', '1 min ago', 'now'],
    ]);
    await mcp.closeSessions();
  });

  it('has controls large enough for fingers, at 375 px', async () => {
    const { url } = await serveDashboard({ allowClose: true });
    await introduce(url, { name: 'alpha' });
    const page = await browser.open(`${url}/admin`, { width: 375, colorScheme: 'light' });
    await shows(page, 'alpha');
    const heights = async (): Promise<number[]> => {
      const controls = await page.locator('button:visible, input:visible').all();
      return Promise.all(controls.map(async (one) => (await one.boundingBox())!.height));
    };
    expect(Math.min(...(await heights()))).toBeGreaterThanOrEqual(44);
    await page.getByLabel(/^Close the session/).click();
    expect(Math.min(...(await heights()))).toBeGreaterThanOrEqual(44);
  });

  it.each<Look>([
    { width: 375, colorScheme: 'light' },
    { width: 375, colorScheme: 'dark' },
    { width: 1440, colorScheme: 'light' },
    { width: 1440, colorScheme: 'dark' },
  ])('fits its window and is accessible: $width px, $colorScheme', async (look) => {
    const { url, mcp } = await serveDashboard({ allowClose: true, showMessages: true });
    await introduce(url, { name: 'x'.repeat(200) });
    const closes = await introduce(url, { name: 'closes' });
    mcp.sessions.get(closes.sessionId)?.close('r'.repeat(200));
    const page = await browser.open(`${url}/admin`, look);
    await soon(() => page.locator('#closed tr').count()).toBe(1);
    expect(await overhang(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: /^Close the session/ }).click();
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});
