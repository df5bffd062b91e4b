import express, { type Express } from 'express';
import { describe, expect, it } from 'vitest';

import type { McpSseOptions, McpSseRouter } from '../../lib/index.js';
import { reverseProxy, type ProxyRules } from '../support/reverse-proxy.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { newJournal } from '../support/sdk/tools.js';
import { serve } from '../support/serve.js';

interface Setup {
  options?: McpSseOptions;
  mount?: string;
  wire?: (app: Express, mcp: McpSseRouter) => void;
  trust?: string;
  proxy?: ProxyRules;
  /** What the client is told to connect to. */
  path: string;
}

const inRouters = (app: Express, mcp: McpSseRouter): unknown =>
  app.use('/outer', express.Router().use('/inner', mcp));
const cutting = (path: string): string => path.replace(/^\/public/, '');
const adding = (path: string): string => `/internal/v1${path}`;
const forwarded = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-prefix': '/public' };
const atMount = { paths: { sse: '/' } };
const absolute = { endpoint: 'absolute' } as const;

const setups: Record<string, Setup> = {
  'at the root': { path: '/sse' },
  'at the root, with a slash behind': { path: '/sse/' },
  'at a path': { mount: '/api/v1', path: '/api/v1/sse' },
  'in routers within routers': { mount: '/outer/inner', wire: inRouters, path: '/outer/inner/sse' },
  'at a parameter': { mount: '/:tenant', path: '/acme/sse' },
  'with the stream at the mount': { options: atMount, mount: '/mcp', path: '/mcp' },
  'with the stream at the mount, with a slash behind': {
    options: atMount,
    mount: '/mcp',
    path: '/mcp/',
  },
  'behind a proxy that cuts a prefix off': { proxy: { path: cutting }, path: '/public/sse' },
  'behind a proxy that cuts a prefix off, with a slash behind': {
    mount: '/v1',
    proxy: { path: cutting },
    path: '/public/v1/sse/',
  },
  'behind a proxy that puts a prefix in front': {
    // The client does not know of the mount, and neither do we of the proxy.
    options: { endpoint: 'relative' },
    mount: '/internal/v1',
    proxy: { path: adding },
    path: '/sse',
  },
  'announced by a function behind that proxy': {
    options: { endpoint: (_req, id) => `/message?sessionId=${id}` },
    mount: '/internal/v1',
    proxy: { path: adding },
    path: '/sse',
  },
  'announced absolutely': { options: absolute, mount: '/api/v1', path: '/api/v1/sse' },
  'announced absolutely behind a trusted proxy that cuts a prefix off': {
    options: absolute,
    trust: 'loopback',
    proxy: {
      path: cutting,
      headers: ({ headers: { host } }) => ({
        ...forwarded,
        'x-forwarded-host': host,
        host: 'localhost',
      }),
    },
    path: '/public/sse',
  },
};

describe.each(Object.entries(setups))('%s', (_, setup) => {
  const { options, mount = '/', wire, trust, proxy, path } = setup;

  it.each([
    ['v1', connectV1],
    ['v2', connectV2],
  ])('a client of SDK %s connects, and calls a tool', async (version, connect) => {
    const { port } = await serve(
      { ...options, server: () => v1McpServer(newJournal()) },
      {
        mount,
        ...(wire && { wire }),
        prepare: (app) => {
          if (trust !== undefined) app.set('trust proxy', trust);
        },
      },
    );
    const direct = `http://127.0.0.1:${String(port)}`;
    const origin = proxy ? await reverseProxy(port, proxy) : direct;
    const client = await connect(origin + path);
    expect(await client.call('greet', { name: version })).toBe(`Hello, ${version}`);
    expect(await client.listTools()).toContain('greet');
  });
});
