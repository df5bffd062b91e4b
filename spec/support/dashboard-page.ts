import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** What is read becomes as expected: at the next state, which comes in a second. */
export const soon = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000 });
/** The texts of the first cells. */
export const clients = (page: Page): Promise<string[]> =>
  page.locator('#open th span').allTextContents();
/** Resolves when the page shows these clients, in this order. */
export const shows = (page: Page, ...names: string[]): Promise<void> =>
  soon(() => clients(page)).toEqual(names.map((name) => `${name} 1.0`));
export const said = (page: Page): Promise<string | null> => page.locator('#announce').textContent();
export const focused = (page: Page): Promise<unknown> =>
  page.evaluate('document.activeElement.id || document.activeElement.textContent');
