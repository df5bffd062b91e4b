import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

import { chromium } from 'playwright-core';

import type { FetchLike } from '../../lib/client/resumable-fetch.js';
import type { Visitor } from './journey.js';

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

/** What a small client of its own tells. */
interface Ears {
  notified(params: Record<string, unknown>): void;
  progressed(progress: number): void;
}

interface Small {
  request(method: string, params?: object): Promise<Record<string, unknown>>;
  close(): void;
}

/**
 * A small MCP client on an EventSource, on Node and in a page: its text goes to the browser as it
 * stands, so it must need nothing from around it.
 */
async function connectSmall(
  Source: Source,
  url: string,
  fetch: FetchLike,
  ears: Ears,
): Promise<Small> {
  const waiting = new Map<number, (result: Record<string, unknown>) => void>();
  let endpoint = '';
  let lastId = 0;
  const source = new Source(url, { fetch });
  source.addEventListener('message', ({ data }) => {
    const { id, method, params = {}, result = {} } = JSON.parse(data) as Message;
    if (id !== undefined && method === undefined) waiting.get(id)?.(result);
    else if (method === 'notifications/progress') ears.progressed(Number(params.progress));
    else ears.notified(params);
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
  const request: Small['request'] = async (method, params = {}) => {
    const id = (lastId += 1);
    const result = new Promise<Record<string, unknown>>((resolve) => waiting.set(id, resolve));
    await post({ id, method, params });
    return result;
  };
  const clientInfo = { name: 'small', version: '1' };
  await request('initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo });
  await post({ method: 'notifications/initialized' });
  return {
    request,
    close: () => {
      source.close();
    },
  };
}

class SmallVisitor implements Visitor {
  readonly heard: number[] = [];
  #onProgress: ((progress: number) => void) | undefined;
  readonly #close: () => unknown;
  #client: Small | undefined;

  constructor(close: (client: Small) => unknown) {
    this.#close = () => this.#client && close(this.#client);
  }

  readonly ears: Ears = {
    notified: ({ data }) => this.heard.push(Number(data)),
    progressed: (progress) => this.#onProgress?.(progress),
  };

  async begin(connecting: Promise<Small>): Promise<this> {
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
export function visitWithSource(Source: Source, url: string, fetch: FetchLike): Promise<Visitor> {
  const visitor = new SmallVisitor((client) => {
    client.close();
  });
  return visitor.begin(connectSmall(Source, url, fetch, visitor.ears));
}

/** A page in Chromium, at `pageUrl`. */
export async function visitWithBrowser(url: string, pageUrl: string): Promise<Visitor> {
  const args = ['--no-sandbox', '--disable-gpu'];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  const visitor = new SmallVisitor(() => browser.close());
  try {
    const page = await browser.newPage();
    await page.exposeFunction('notified', visitor.ears.notified);
    await page.exposeFunction('progressed', visitor.ears.progressed);
    await page.goto(pageUrl);
    // The compiler wraps functions in a helper that the page does not have.
    const script = `globalThis.__name = (f) => f;
      (${connectSmall.toString()})(EventSource, ${JSON.stringify(url)}, fetch.bind(globalThis),
        { notified, progressed }).then((client) => { globalThis.client = client; })`;
    await page.evaluate(script);
    return await visitor.begin(
      Promise.resolve<Small>({
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
