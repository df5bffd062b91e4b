import { describe, expect, it } from 'vitest';

import { introduce, serveDashboard } from '../support/dashboard-client.js';
import { hasBrowser, useBrowser } from '../support/browser.js';
import { focused, said, shows, soon } from '../support/dashboard-page.js';
import { eventually } from '../support/eventually.js';
import { onlySession } from '../support/returning-client.js';

/** What the table sorts by. */
const HEADS = ['Client', 'State', 'Session', 'Age', 'Idle', 'In flight', 'In', 'Out', 'Buffered'];
const HOSTILE = '<img src=x onerror=alert(1)><b>bold</b>';

describe.skipIf(!hasBrowser)('the page in a browser', { timeout: 60_000 }, () => {
  const browser = useBrowser();

  // Kills: a page that has to be loaded again to be right.
  it('shows sessions that open, exchange messages and close, without a reload', async () => {
    const { url } = await serveDashboard();
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
    expect(await page.locator('#rate path.area').getAttribute('d')).toMatch(/^M.*Z$/);
    expect(await page.evaluate('window.unchanged')).toBe(true);
  });

  it('filters, and says how many rows are shown', async () => {
    const { url } = await serveDashboard({ rows: 2 });
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
    await shows(page, 'gamma', 'beta');
  });

  it.each([375, 1440])('sorts by each column, by keyboard, at %d px', async (width) => {
    const { url } = await serveDashboard({ allowClose: true });
    for (const name of ['beta', 'alpha', 'gamma']) await introduce(url, { name });
    const page = await browser.open(`${url}/admin`, { width, colorScheme: 'light' });
    await shows(page, 'gamma', 'alpha', 'beta');
    const heads = page.locator('#open-head th');
    const sorted = (): Promise<string[]> =>
      page
        .locator('#open-head th[aria-sort]')
        .evaluateAll((cells) =>
          cells.map(
            (cell) => `${String(cell.textContent)} ${String(cell.getAttribute('aria-sort'))}`,
          ),
        );
    expect(await sorted()).toEqual(['Age ascending']);
    const openHead = page.locator('#open-head');
    const head = openHead.getByRole('button', { name: 'Client', exact: true });
    await head.focus();
    await page.keyboard.press('Enter');
    await shows(page, 'alpha', 'beta', 'gamma');
    expect(await sorted()).toEqual(['Client ascending']);
    await soon(() => said(page)).toBe('Sorted by Client, ascending');
    await page.keyboard.press('Space');
    await shows(page, 'gamma', 'beta', 'alpha');
    expect(await sorted()).toEqual(['Client descending']);
    // The stream has begun anew; the head that was pressed is the same.
    expect(await head.evaluate((element) => element.matches(':focus'))).toBe(true);
    for (const title of await heads.locator('button').allTextContents()) {
      const button = openHead
        .getByRole('columnheader', { name: title, exact: true })
        .locator('button');
      await button.click();
      await soon(sorted).toEqual([expect.stringMatching(`^${title} (a|de)scending$`)]);
    }
    expect(await heads.locator('button').count()).toBe(9);
  });

  it('can be used by keyboard alone', async () => {
    const { url, mcp } = await serveDashboard({ allowClose: true });
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
    for (const head of HEADS) {
      await press('Tab');
      expect(await focused(page)).toBe(head);
    }
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

  it('closes a session once, even if the dialog reports its end twice', async () => {
    const { url, mcp } = await serveDashboard({ allowClose: true });
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

  it('keeps the focus while rows come and go around it', async () => {
    const { url, mcp } = await serveDashboard({ allowClose: true });
    const [first] = [await introduce(url, { name: 'one' }), await introduce(url, { name: 'two' })];
    const page = await browser.open(`${url}/admin`);
    await page.getByRole('button', { name: 'Idle' }).click();
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

  it("does not change while it is paused, and takes no viewer's slot then", async () => {
    const { url } = await serveDashboard({ viewers: 1 });
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

  it('shows the contents of messages as text', async () => {
    const { url } = await serveDashboard({ showMessages: true });
    const page = await browser.open(`${url}/admin`);
    await introduce(url, { name: HOSTILE });
    await soon(() => page.locator('#messages li').count()).toBe(2);
    expect(await page.locator('#messages li').last().textContent()).toContain(HOSTILE);
    expect(await page.locator('#messages img').count()).toBe(0);
  });
});
