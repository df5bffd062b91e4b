import type { Page } from 'playwright-core';
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

it('prints the URLs of the page and the dashboard, and serves both', async () => {
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
  ])('connects by itself, lists tools and calls one: $width px, $colorScheme', async (look) => {
    const page = await browser.open(example.url('/').href, look);
    await page.getByText('Connected', { exact: true }).waitFor();
    const tools = page.getByLabel('Tool').locator('option');
    await tools.first().waitFor({ state: 'attached' });
    expect(await tools.allTextContents()).toContain('count_words');
    // A query is filled in.
    await page.getByRole('button', { name: 'Call' }).click();
    const heading = page.locator('#result h4').first();
    await heading.waitFor();
    expect(await heading.textContent()).toMatch(/^[\w/-]+\.md: /);
    expect(await page.locator('#result').textContent()).not.toMatch(/```|\*\*|\]\(/);
    expect(await isInView(page, '#result')).toBe(true);
    const wire = page.locator('#wire li', { hasText: 'tools/call' });
    await wire.locator('summary').click();
    expect(await wire.locator('pre').innerText()).toContain('\n  "method": "tools/call",\n');
    expect(await overhang(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('shows the progress of a long task, cancels it, and disconnects', async () => {
    const page = await browser.open(example.url('/').href);
    await page.getByLabel('Tool').selectOption('count_words');
    await page.getByLabel('pauseMs').fill('50');
    await page.getByRole('button', { name: 'Call' }).click();
    await page.locator('#progress[value]:not([value="0"])').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Cancelled.').waitFor();
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('Not connected').waitFor();
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByText('Connected', { exact: true }).waitFor();
  });

  it('shows answers as text, and JSON indented', async () => {
    const page = await browser.open(example.url('/').href);
    const shown = await page.evaluate(`import('/rendering.js').then(({ render }) =>
      ['{"a":[1]}', '# <b>bold</b>\\n\\n- **x** <img src=x>', '{not json'].map((text) =>
        render(text).map((element) => element.outerHTML).join('')))`);
    expect(shown).toEqual([
      '<pre>{\n  "a": [\n    1\n  ]\n}</pre>',
      '<h4>&lt;b&gt;bold&lt;/b&gt;</h4><ul><li><strong>x</strong> &lt;img src=x&gt;</li></ul>',
      '<p>{not json</p>',
    ]);
  });

  it('appears on the dashboard while it is connected', async () => {
    const page = await browser.open(example.url('/').href);
    await page.getByLabel('Tool').waitFor();
    const viewer = await browser.open(example.url('/admin/').href);
    await viewer.locator('#open').getByText('The demo page 1.0.0').first().waitFor();
  });
});

/** Whether an element is inside of the window, without scrolling. */
function isInView(page: Page, selector: string): Promise<unknown> {
  return page.evaluate(`{
    const { top, bottom } = document.querySelector('${selector}').getBoundingClientRect();
    top >= 0 && bottom <= innerHeight;
  }`);
}
