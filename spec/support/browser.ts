import { existsSync } from 'node:fs';

import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Specs of what a browser shows are skipped where there is none. */
export const hasBrowser = existsSync(CHROMIUM);
if (!hasBrowser) console.log(`skipped: no browser at ${CHROMIUM} (set CHROMIUM to where one is)`);

export interface Look {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
}

/** One browser for the tests of a file. */
export class BrowserRig {
  #browser: Browser | undefined;

  /** Opens a page; a test fails if it logs an error, throws, or offends against its policy. */
  async open(url: string, look: Look = { width: 1440, colorScheme: 'light' }): Promise<Page> {
    const { width, colorScheme } = look;
    const page = await this.#browser!.newPage({
      viewport: { width, height: 900 },
      colorScheme,
      reducedMotion: 'reduce',
    });
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    // A violation is logged as an error too; this says which directive it was.
    await page.addInitScript(
      `document.addEventListener('securitypolicyviolation', ({ violatedDirective, sample }) => {
        console.error('policy', violatedDirective, sample);
      });`,
    );
    onTestFinished(async () => {
      await page.close();
      expect(faults).toEqual([]);
    });
    await page.goto(url);
    return page;
  }

  /** Opens a page that may fail at what it does. */
  async openFaulty(url: string): Promise<Page> {
    const page = await this.#browser!.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    return page;
  }

  async start(): Promise<void> {
    if (!hasBrowser) return;
    this.#browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
  }
}

export function useBrowser(): BrowserRig {
  const rig = new BrowserRig();
  beforeAll(() => rig.start(), 60_000);
  afterAll(() => rig.stop());
  return rig;
}

/** What axe finds wrong with the page, by the rules of WCAG 2.2 AA and its own advice. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate('axe.run()');
  const { violations } = found as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** How far the page is wider than its window. */
export function overhang(page: Page): Promise<unknown> {
  return page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
}
