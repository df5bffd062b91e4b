import {
  createServer,
  request,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';

import type { Request, Response } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { mcpSse, type McpSseOptions, type McpSseRouter } from '../../lib/index.js';
import { closed, listen } from '../support/serve.js';
import { fetchText, StreamClient } from '../support/stream-client.js';

/** As `next` is called by what comes after the router. */
type Host = (mcp: McpSseRouter) => RequestListener;

async function host(make: Host, options: McpSseOptions = {}): Promise<string> {
  const mcp = mcpSse({ handler: () => ({}), ...options });
  const server = createServer(make(mcp));
  const port = await listen(server);
  onTestFinished(async () => {
    await mcp.close({ timeoutMs: 200 });
    await closed(server);
  });
  return `http://127.0.0.1:${String(port)}`;
}

/** What hosts have is less than what Express's types promise. */
function call(mcp: McpSseRouter, req: IncomingMessage, res: ServerResponse, next?: () => void) {
  Reflect.apply(mcp, undefined, [req as Request, res as Response, next]);
}

const own = (res: ServerResponse) => () => void res.end('own');

const HOSTS: Record<string, Host> = {
  'node:http': (mcp) => (req, res) => call(mcp, req, res, own(res)),
  /** As connect does it under a mount. */
  'a mount that cuts the URL': (mcp) => (req, res) => {
    Object.assign(req, { originalUrl: `/api${req.url ?? ''}` });
    call(mcp, req, res, own(res));
  },
  'an application that is not Express’s': (mcp) => (req, res) => {
    const get = () => {
      throw new Error('this adds a route');
    };
    Object.assign(req, { app: Object.assign(() => {}, { get, settings: 'none' }) });
    call(mcp, req, res, own(res));
  },
  'an application that is a string': (mcp) => (req, res) => {
    Object.assign(req, { app: 'name' });
    call(mcp, req, res, own(res));
  },
};

describe.each(Object.entries(HOSTS))('called by %s', (_, make) => {
  it('serves its two endpoints, and passes other requests on', async () => {
    const origin = await host(make);
    const client = await StreamClient.open(`${origin}/sse`);
    const { pathname, search } = new URL(client.endpoint);
    const posted = `${origin}${pathname.replace('/api', '')}${search}`;
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    const headers = { 'Content-Type': 'application/json' };
    expect((await fetchText(posted, { method: 'POST', headers, body })).status).toBe(202);
    expect(await client.nextMessage()).toMatchObject({ id: 1, result: {} });
    expect((await fetchText(`${origin}/other`, {})).body).toBe('own');
  });

  it('trusts no proxy without an Express application', async () => {
    const origin = await host(make);
    const headers = { Host: 'mcp.example.com', 'X-Forwarded-Host': 'localhost' };
    expect((await fetchText(`${origin}/sse`, { headers })).status).toBe(403);
  });
});

it("announces URLs by the client's own request, even if the host rewrites it", async () => {
  const seen: unknown[] = [];
  const origin = await host(HOSTS['a mount that cuts the URL']!, {
    endpoint: 'absolute',
    hooks: { onConnect: (req) => void seen.push([req.baseUrl, req.originalUrl, req.get('host')]) },
  });
  const client = await StreamClient.open(`${origin}/sse?x=1`);
  expect(client.endpoint).toContain(`${origin}/api/message?`);
  expect(seen).toEqual([['/api', '/api/sse?x=1', new URL(origin).host]]);
});

it('answers 404 without a next function, and does not throw', async () => {
  const origin = await host((mcp) => (req, res) => call(mcp, req, res));
  expect((await fetchText(`${origin}/other`, {})).status).toBe(404);
  expect((await StreamClient.open(`${origin}/sse`)).status).toBe(200);
});

it('answers 500 without a next function if a route of its own fails', async () => {
  const origin = await host((mcp) => {
    mcp.get('/fails', () => {
      throw new Error('own');
    });
    return (req, res) => call(mcp, req, res);
  });
  expect((await fetchText(`${origin}/fails`, {})).status).toBe(500);
});

it('works with a response whose methods return nothing', async () => {
  const wrap = (res: ServerResponse): void => {
    for (const name of ['write', 'writeHead', 'end'] as const) {
      const method: (...args: never[]) => unknown = res[name].bind(res);
      Reflect.set(res, name, (...args: never[]) => void method(...args));
    }
  };
  const origin = await host((mcp) => (req, res) => {
    wrap(res);
    call(mcp, req, res, own(res));
  });
  const client = await StreamClient.open(`${origin}/sse`);
  for (let count = 0; count < 3; count += 1) {
    expect((await client.request('ping')).result).toEqual({});
  }
  expect((await fetchText(`${origin}/sse`, { method: 'POST' })).status).toBe(405);
  const preflight = { method: 'OPTIONS', headers: { Origin: 'http://localhost' } };
  expect((await fetchText(`${origin}/sse`, preflight)).status).toBeLessThan(500);
});

it('is not affected by requests that end in front of it', async () => {
  const origin = await host((mcp) => (req, res) => {
    res.destroy();
    setImmediate(() => call(mcp, req, res, own(res)));
  });
  await new Promise<void>((resolve) => {
    request(`${origin}/sse`)
      .on('error', () => resolve())
      .end();
  });
});
