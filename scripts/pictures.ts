// Takes the pictures of the README, of the running demo in Chromium: `npm run docs:pictures`.
//
// For two minutes, which the charts cover, some clients make calls, so that the dashboard has something to show.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { chromium, type Browser, type Page } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}docs/pictures`;
const PORT = process.env.PORT ?? '3987';
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const origin = `http://127.0.0.1:${PORT}`;
const TRAFFIC_MS = 115_000;
const MAX_BYTES = 100 * 1024;

/** Who calls: a name, a version, and the pause between two calls. */
const CALLERS = [
  { name: 'editor', version: '2.4.0', pauseMs: 90 },
  { name: 'editor', version: '2.3.1', pauseMs: 210 },
  { name: 'ops-agent', version: '0.9.2', pauseMs: 40 },
  { name: 'chat', version: '5.1.0', pauseMs: 400 },
  { name: 'nightly-report', version: '1.0.0', pauseMs: 700 },
];

const demo = spawn(process.execPath, ['--import', 'tsx', 'examples/demo/server.ts'], {
  cwd: root,
  env: { ...process.env, PORT },
  stdio: ['ignore', 'pipe', 'inherit'],
});
await once(demo.stdout, 'data');
demo.stdout.resume();
try {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  await takePictures(browser);
  await browser.close();
} finally {
  demo.kill();
}

async function takePictures(browser: Browser): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const stop = new AbortController();
  const callers = CALLERS.map((caller) => call(caller, stop.signal));

  const dashboard = await open(browser, '/admin/', { width: 1100, height: 720 });
  const page = await open(browser, '/', { width: 1100, height: 720 });
  await page.getByText('Connected', { exact: true }).waitFor();
  await sleep(TRAFFIC_MS);
  await take(dashboard, 'dashboard');

  await page.getByRole('button', { name: 'Call' }).click();
  await page.locator('#result h4').first().waitFor();
  await page.evaluate('scrollTo(0, 0)');
  await take(page, 'demo');
  stop.abort();
  await Promise.all(callers);
}

async function open(
  browser: Browser,
  path: string,
  viewport: { width: number; height: number },
): Promise<Page> {
  const page = await browser.newPage({ viewport, reducedMotion: 'reduce' });
  await page.goto(origin + path);
  return page;
}

/** Both looks of a page. */
async function take(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const path = `${folder}/${name}-${colorScheme}.png`;
    await page.screenshot({ path });
    const { size } = statSync(path);
    if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes: more than ${MAX_BYTES}`);
    console.log(`${path.slice(root.length)}: ${size} bytes`);
  }
}

/** Calls a tool again and again, until it is told to stop. */
async function call(
  { name, version, pauseMs }: (typeof CALLERS)[number],
  signal: AbortSignal,
): Promise<void> {
  const client = new Client({ name, version });
  await client.connect(new SSEClientTransport(new URL(`${origin}/sse`)));
  while (!signal.aborted) {
    await client.callTool({ name: 'search_docs', arguments: { query: 'proxy', limit: 1 } });
    await sleep(pauseMs * (0.5 + Math.random()));
  }
  await client.close();
}
