import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { McpSseOptions } from '../../../lib/index.js';
import { hasBrowser, useBrowser } from '../../support/browser.js';
import { expectStats } from '../../support/expect-stats.js';
import { closed, serve, type Served } from '../../support/serve.js';

/** Sends requests of all kinds to the server, as far as a page can; each ends by itself. */
const ATTACK = `async (url) => {
  const settled = (element, name, where) => new Promise((resolve) => {
    element.onload = element.onerror = resolve;
    element[name] = url + '/sse?' + where;
    document.body.append(element);
    setTimeout(resolve, 500);
  });
  const opaque = await fetch(url + '/sse?no-cors', { mode: 'no-cors' });
  await opaque.body?.cancel();
  await fetch(url + '/message?sessionId=x', { mode: 'no-cors', method: 'POST', body: '{}' });
  await fetch(url + '/sse?cors').catch(() => undefined);
  await settled(new Image(), 'src', 'image');
  await settled(document.createElement('script'), 'src', 'script');
  await settled(document.createElement('iframe'), 'src', 'frame');
  const source = new EventSource(url + '/sse?event-source');
  await new Promise((resolve) => source.onerror = resolve);
  source.close();
}`;

/** Opens a stream, as the server's own page and allowed ones may. */
const OPEN = `(url) => new Promise((resolve) => {
  const source = new EventSource(url + '/sse');
  source.addEventListener('endpoint', ({ data }) => { source.close(); resolve(data); });
  source.onerror = () => { source.close(); resolve('refused'); };
})`;

describe.runIf(hasBrowser)('a browser', () => {
  const browser = useBrowser();

  /** The origin of another server, for pages of another site or of the same one. */
  async function otherServer(name: string): Promise<string> {
    const server = createServer((_req, res) => {
      res.setHeader('Content-Type', 'text/html').end('<link rel="icon" href="data:,"><body>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => closed(server));
    return `http://${name}:${(server.address() as AddressInfo).port}`;
  }

  function servePage(options: McpSseOptions = {}): Promise<Served<unknown>> {
    const page = '<link rel="icon" href="data:,"><body>';
    return serve(options, {
      way: 'router',
      prepare: (app) => app.get('/page', (_req, res) => void res.send(page)),
    });
  }

  it.each(['localhost', '127.0.0.1'])('opens nothing for a page of http://%s', async (name) => {
    const { url, mcp } = await servePage();
    const page = await browser.openFaulty(await otherServer(name));
    await page.evaluate(`(${ATTACK})('${url}')`);
    const { opened, refused } = mcp.stats().totals;
    expect({ opened, codes: Object.keys(refused) }).toEqual({
      opened: 0,
      codes: ['origin-not-allowed'],
    });
    expect(refused['origin-not-allowed']).toBe(7);
  });

  it("opens a stream for the server's own page, and for an allowed one", async () => {
    const other = await otherServer('app.localhost');
    const { url, mcp } = await servePage({ security: { allowedOrigins: [other] } });
    for (const from of [`${url}/page`, other]) {
      const page = await browser.open(from);
      expect(await page.evaluate(`(${OPEN})('${url}')`)).toMatch('message?sessionId=');
    }
    expectStats(mcp, { totals: { refused: {} } });
  });
});
