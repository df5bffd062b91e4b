import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

import { chromium } from 'playwright-core';

import type { FetchLike } from '../../lib/client/resumable-fetch.js';
import type { ConnectedClient } from './steps.js';

export const CHROMIUM = '/usr/bin/chromium';

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
}

/** The class of a version of the `eventsource` package, or a browser's own. */
export type Source = new (
  url: string,
  options: { fetch: FetchLike },
) => {
  addEventListener(type: string, listener: (event: { data: string }) => void): void;
  close(): void;
  readonly readyState: number;
};

interface Listeners {
  notified(params: Record<string, unknown>): void;
  progressed(progress: number): void;
}

interface MinimalClient {
  request(method: string, params?: object): Promise<Record<string, unknown>>;
  close(): void;
}

/**
 * A minimal MCP client on an EventSource, on Node and in a page. Its source text runs in the
 * browser, so it must not use anything of this module.
 */
async function connectMinimal(
  Source: Source,
  url: string,
  fetch: FetchLike,
  listeners: Listeners,
): Promise<MinimalClient> {
  const waiting = new Map<number, (result: Record<string, unknown>) => void>();
  let endpoint = '';
  let lastId = 0;
  const source = new Source(url, { fetch });
  source.addEventListener('message', ({ data }) => {
    const { id, method, params = {}, result = {} } = JSON.parse(data) as Message;
    if (id !== undefined && method === undefined) waiting.get(id)?.(result);
    else if (method === 'ping') void post({ id, result: {} }).catch(() => undefined);
    else if (method === 'notifications/progress') listeners.progressed(Number(params.progress));
    else listeners.notified(params);
  });
  await new Promise<void>((resolve, reject) => {
    source.addEventListener('endpoint', ({ data }) => {
      endpoint = new URL(data, url).href;
      resolve();
    });
    source.addEventListener('error', () => {
      if (source.readyState === 2) reject(new Error('the stream was refused'));
    });
  });
  const post = async (message: object): Promise<void> => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers,
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
    if (answer.status !== 202) throw new Error(`POST was answered ${answer.status}`);
  };
  const request: MinimalClient['request'] = async (method, params = {}) => {
    const id = (lastId += 1);
    const result = new Promise<Record<string, unknown>>((resolve) => waiting.set(id, resolve));
    await post({ id, method, params });
    return result;
  };
  const clientInfo = { name: 'minimal', version: '1' };
  await request('initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo });
  await post({ method: 'notifications/initialized' });
  return {
    request,
    close: () => {
      source.close();
    },
  };
}

class EventSourceClient implements ConnectedClient {
  readonly notifications: number[] = [];
  #onProgress: ((progress: number) => void) | undefined;
  readonly #close: () => unknown;
  #client: MinimalClient | undefined;

  constructor(close: (client: MinimalClient) => unknown) {
    this.#close = () => this.#client && close(this.#client);
  }

  readonly listeners: Listeners = {
    notified: ({ data }) => this.notifications.push(Number(data)),
    progressed: (progress) => this.#onProgress?.(progress),
  };

  async connected(connecting: Promise<MinimalClient>): Promise<this> {
    this.#client = await connecting;
    return this;
  }

  async tools(): Promise<string[]> {
    const { tools } = await this.#client!.request('tools/list');
    return (tools as { name: string }[]).map(({ name }) => name);
  }

  async call(name: string, onProgress?: (progress: number) => void): Promise<string> {
    this.#onProgress = onProgress;
    const _meta = onProgress && { progressToken: 1 };
    return JSON.stringify(await this.#client!.request('tools/call', { name, _meta }));
  }

  close(): unknown {
    return this.#close();
  }
}

/** A version of the `eventsource` package. */
export function connectEventSource(
  Source: Source,
  url: string,
  fetch: FetchLike,
): Promise<ConnectedClient> {
  const client = new EventSourceClient((minimal) => {
    minimal.close();
  });
  return client.connected(connectMinimal(Source, url, fetch, client.listeners));
}

/** A page in Chromium, at `pageUrl`. */
export async function connectBrowserPage(url: string, pageUrl: string): Promise<ConnectedClient> {
  const args = ['--no-sandbox', '--disable-gpu'];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  const client = new EventSourceClient(() => browser.close());
  try {
    const page = await browser.newPage();
    await page.exposeFunction('notified', client.listeners.notified);
    await page.exposeFunction('progressed', client.listeners.progressed);
    await page.goto(pageUrl);
    // The compiler wraps functions in a helper that the page does not have.
    const script = `globalThis.__name = (f) => f;
      (${connectMinimal.toString()})(EventSource, ${JSON.stringify(url)}, fetch.bind(globalThis),
        { notified, progressed }).then((client) => { globalThis.client = client; })`;
    await page.evaluate(script);
    return await client.connected(
      Promise.resolve<MinimalClient>({
        request: (method, params = {}) =>
          page.evaluate(`client.request(${JSON.stringify(method)}, ${JSON.stringify(params)})`),
        close: () => undefined,
      }),
    );
  } catch (error) {
    await browser.close();
    throw error;
  }
}

export async function chromiumVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)(CHROMIUM, ['--version']);
  return /[\d.]+/.exec(stdout)?.[0] ?? '';
}

/** Serves an empty page for as long as the process lives, and resolves to its origin. */
export async function otherOrigin(): Promise<string> {
  const server = createServer((_req, res) => {
    res.setHeader('Content-Type', 'text/html').end('<!doctype html><title>elsewhere</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.unref().address() as AddressInfo).port}`;
}
