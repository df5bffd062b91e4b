import { describe, expect, it } from 'vitest';

import {
  accessibilityFaults,
  hasBrowser,
  overhang,
  useBrowser,
  type Look,
} from '../support/browser.js';
import { runExample } from '../support/run-example.js';
import { fetchText } from '../support/stream-client.js';

const example = runExample('demo');

it('prints where the page and the dashboard are, and serves both', async () => {
  for (const path of ['/', '/admin/']) {
    const { href } = example.url(path);
    expect(example.stdout).toContain(`${href}\n`);
    expect((await fetchText(href, {})).status).toBe(200);
  }
});

describe.skipIf(!hasBrowser)('the page in a browser', { timeout: 60_000 }, () => {
  const browser = useBrowser();

  it.each<Look>([
    { width: 375, colorScheme: 'dark' },
    { width: 1440, colorScheme: 'light' },
  ])('connects, lists tools and calls one: $width px, $colorScheme', async (look) => {
    const page = await browser.open(example.url('/').href, look);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByText('Connected', { exact: true }).waitFor();
    const tools = page.getByLabel('Tool').locator('option');
    await tools.first().waitFor({ state: 'attached' });
    expect(await tools.allTextContents()).toContain('count_words');
    await page.getByLabel('query').fill('nginx proxy buffering');
    await page.getByRole('button', { name: 'Call' }).click();
    await page.locator('#result').waitFor();
    expect(await page.locator('#result').textContent()).toContain('README.md: ');
    expect(await page.locator('#wire').textContent()).toContain('"method":"tools/call"');
    expect(await overhang(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('shows the progress of a long task, cancels it, and disconnects', async () => {
    const page = await browser.open(example.url('/').href);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByLabel('Tool').selectOption('count_words');
    await page.getByLabel('pauseMs').fill('50');
    await page.getByRole('button', { name: 'Call' }).click();
    await page.locator('#progress[value]:not([value="0"])').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Cancelled.').waitFor();
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('Not connected').waitFor();
  });

  it('appears on the dashboard while it is connected', async () => {
    const page = await browser.open(example.url('/').href);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByLabel('Tool').waitFor();
    const board = await browser.open(example.url('/admin/').href);
    await board.locator('#open').getByText('The demo page 1.0.0').first().waitFor();
  });
});
