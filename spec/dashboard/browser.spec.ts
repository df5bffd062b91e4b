import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';

import { introduce, serveBoard } from '../support/board-client.js';
import {
  accessibilityFaults,
  hasBrowser,
  overhang,
  useBrowser,
  type Look,
} from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { onlySession } from '../support/returning-client.js';

const HOSTILE = '<img src=x onerror=alert(1)><b>bold</b>';

/** What is read becomes as expected: at the next state, which comes in a second. */
const soon = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 10_000 });
/** The texts of the first cells. */
const clients = (page: Page): Promise<string[]> => page.locator('#open th span').allTextContents();
/** Resolves when the page shows these clients, in this order. */
const shows = (page: Page, ...names: string[]): Promise<void> =>
  soon(() => clients(page)).toEqual(names.map((name) => `${name} 1.0`));
const said = (page: Page): Promise<string | null> => page.locator('#announce').textContent();
const focused = (page: Page): Promise<unknown> =>
  page.evaluate('document.activeElement.id || document.activeElement.textContent');

describe.skipIf(!hasBrowser)('the page in a browser', { timeout: 60_000 }, () => {
  const browser = useBrowser();

  // Kills: a page that has to be loaded again to be right.
  it('shows sessions as they come, speak and go, without a reload', async () => {
    const { url } = await serveBoard();
    const page = await browser.open(`${url}/admin`);
    await page.locator('#none').waitFor();
    await page.evaluate('window.unchanged = true');
    const client = await introduce(url, { name: HOSTILE });
    await shows(page, HOSTILE);
    expect(await page.locator('#open img, #open b').count()).toBe(0);
    const messagesIn = page.locator('#open [data-label="In"]');
    await soon(() => messagesIn.textContent()).toBe('1');
    await client.request('ping');
    await soon(() => messagesIn.textContent()).toBe('2');
    await soon(() => page.locator('#sessions').textContent()).toBe('1');
    client.drop();
    await shows(page);
    const closed = page.locator('#closed');
    await soon(() => closed.textContent()).toContain(`${HOSTILE} 1.0`);
    expect(await closed.textContent()).toContain('client-disconnected');
    expect(await page.locator('#rate path').first().getAttribute('d')).toMatch(/^M.*Z$/);
    expect(await page.evaluate('window.unchanged')).toBe(true);
  });

  it('filters and orders, and says how much of it is shown', async () => {
    const { url } = await serveBoard({ rows: 2 });
    for (const name of ['alpha', 'beta', 'gamma']) await introduce(url, { name });
    const page = await browser.open(`${url}/admin`);
    await shows(page, 'gamma', 'beta');
    expect(await page.locator('#shown').textContent()).toBe('2 shown of 3');
    await page.getByLabel('Filter').fill('ALP');
    await shows(page, 'alpha');
    await soon(() => said(page)).toBe('1 of 3 match');
    await page.getByLabel('Filter').fill('nobody');
    await page.getByText('No session matches.').waitFor();
    await page.getByLabel('Filter').fill('');
    await page.getByLabel('Order').selectOption('busiest');
    await shows(page, 'gamma', 'beta');
  });

  it('can be used by keyboard alone', async () => {
    const { url, mcp } = await serveBoard({ allowClose: true });
    await introduce(url, { name: 'alpha' });
    await introduce(url, { name: 'beta' });
    const page = await browser.open(`${url}/admin`);
    await shows(page, 'beta', 'alpha');
    const press = (key: string): Promise<void> => page.keyboard.press(key);
    await press('Tab');
    expect(await focused(page)).toBe('Skip to the sessions');
    await press('Enter');
    expect(await focused(page)).toBe('filter');
    await page.keyboard.type('alpha');
    await shows(page, 'alpha');
    await press('Tab');
    expect(await focused(page)).toBe('order');
    await press('Tab');
    expect(await focused(page)).toBe('Close');
    await press('Enter');
    expect(await focused(page)).toBe('Keep it');
    await press('Escape');
    expect(await focused(page)).toBe('Close');
    expect(mcp.sessions.size).toBe(2);
    await press('Enter');
    await press('Tab');
    expect(await focused(page)).toBe('Close it');
    await press('Enter');
    await eventually(() => mcp.sessions.size === 1);
    expect(onlySession(mcp).clientInfo?.name).toBe('beta');
    await soon(() => said(page)).toBe('The session is closed.');
    await shows(page);
    // The row is gone, and with it the button that had the focus.
    expect(await focused(page)).toBe('open-title');
  });

  it('closes a session once, however late it hears that the dialog was left before', async () => {
    const { url, mcp } = await serveBoard({ allowClose: true });
    await introduce(url, { name: 'alpha' });
    const page = await browser.open(`${url}/admin`);
    await shows(page, 'alpha');
    await page.getByLabel(/^Close the session of alpha/).click();
    await page.evaluate(`{
      const dialog = document.querySelector('dialog');
      dialog.close('yes');
      dialog.dispatchEvent(new Event('close'));
    }`);
    await soon(() => said(page)).toBe('The session is closed.');
    expect(mcp.sessions.size).toBe(0);
    await shows(page);
  });

  it('keeps the focus where it is while rows come and go around it', async () => {
    const { url, mcp } = await serveBoard({ allowClose: true });
    const [first] = [await introduce(url, { name: 'one' }), await introduce(url, { name: 'two' })];
    const page = await browser.open(`${url}/admin`);
    await page.getByLabel('Order').selectOption('active');
    await shows(page, 'two', 'one');
    const button = page.getByLabel(/^Close the session of two/);
    await button.focus();
    await first.request('ping');
    await shows(page, 'one', 'two');
    await introduce(url, { name: 'three' });
    await shows(page, 'three', 'one', 'two');
    expect(await button.evaluate((element) => element.matches(':focus'))).toBe(true);
    await mcp.closeSessions();
    await shows(page);
  });

  it('stands still while it is paused, and takes no place then', async () => {
    const { url } = await serveBoard({ viewers: 1 });
    const page = await browser.open(`${url}/admin`);
    await page.locator('#none').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await introduce(url, { name: 'late' });
    const other = await browser.open(`${url}/admin`);
    await shows(other, 'late');
    await shows(page);
    await other.close();
    await page.getByRole('button', { name: 'Pause' }).click();
    await shows(page, 'late');
  });

  it('shows what messages say as text', async () => {
    const { url } = await serveBoard({ showMessages: true });
    const page = await browser.open(`${url}/admin`);
    await introduce(url, { name: HOSTILE });
    await soon(() => page.locator('#messages li').count()).toBe(2);
    expect(await page.locator('#messages li').last().textContent()).toContain(HOSTILE);
    expect(await page.locator('#messages img').count()).toBe(0);
  });

  it.each<Look>([
    { width: 375, colorScheme: 'light' },
    { width: 375, colorScheme: 'dark' },
    { width: 1440, colorScheme: 'light' },
    { width: 1440, colorScheme: 'dark' },
  ])('fits its window and is accessible: $width px, $colorScheme', async (look) => {
    const { url, mcp } = await serveBoard({ allowClose: true, showMessages: true });
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
