import compression from 'compression';
import express, { type RequestHandler } from 'express';

import type { McpSseOptions } from '../../lib/index.js';
import type { TestServerOptions } from '../support/program/test-server.js';
import type { ProxyName } from './programs.js';

export type CheckName = 'delay' | 'endpoint' | 'idle';

/** How the server is set up: a tool is added to it. */
export interface ServerSetup extends Omit<TestServerOptions, 'mcp'> {
  readonly options?: McpSseOptions;
}

/** The same server with one fault, which a check must notice. */
export interface Fault {
  readonly name: string;
  readonly server: ServerSetup;
  /** The proxy's own fault: other rules. */
  readonly rules?: string;
}

/** What stands between a client and the server, and how the server is set up for it. */
export interface Setup {
  readonly name: string;
  readonly server: ServerSetup;
  /** Where the client finds the stream. */
  readonly path?: string;
  readonly proxy?: { readonly name: ProxyName; readonly rules: string };
  /** A pool that the client's requests share; others have undici's, with a limit for reading. */
  readonly pool?: 'undici' | 'http';
  readonly faults: Partial<Record<CheckName, Fault>>;
}

/** nginx closes a connection on which it reads nothing for this long: one to two keep-alive intervals. */
const READ_TIMEOUT = 'proxy_read_timeout 20s;';

/** Removes a header from the responses that write their head with an object, as streams do. */
const without =
  (name: string): RequestHandler =>
  (_req, res, next) => {
    const writeHead = res.writeHead.bind(res) as (status: number, headers?: object) => typeof res;
    res.writeHead = ((status: number, headers: Record<string, string> = {}) => {
      const { [name]: _, ...others } = headers;
      return writeHead(status, others);
    }) as typeof res.writeHead;
    next();
  };

/** Compresses in spite of `no-transform`, and never flushes. */
const buffering: RequestHandler = (req, res, next) => {
  compression({ threshold: 0 })(req, res, () => {
    without('Cache-Control')(req, res, () => {
      (res as { flush?: () => void }).flush = () => undefined;
      next();
    });
  });
};

/** Reads the body and does not pass it on. */
const consumingBodies: RequestHandler = (req, _res, next) => {
  req.resume();
  req.once('end', next);
};

const closingConnections: RequestHandler = (req, res, next) => {
  if (req.method === 'POST') res.setHeader('Connection', 'close');
  next();
};

const silent = (server: ServerSetup = {}): Fault => ({
  name: 'no keep-alive',
  server: { ...server, options: { ...server.options, keepAlive: false } },
});

const rootEndpoint = (server: ServerSetup): Fault => ({
  name: 'an endpoint that knows nothing of the mount',
  server: { ...server, options: { endpoint: (_req, id) => `/message?sessionId=${id}` } },
});

const absolute: Fault = {
  name: 'an absolute endpoint that knows nothing of the prefix',
  server: { options: { endpoint: 'absolute' } },
};

const buffered = (server: ServerSetup = {}): Fault => ({
  name: 'no X-Accel-Buffering',
  server: { ...server, middleware: [without('X-Accel-Buffering')] },
});

const HAPROXY: ServerSetup = { options: { keepAlive: { intervalMs: 2_000 } } };
const SUB_PATH: ServerSetup = { mount: '/api/v1' };
const TENANT: ServerSetup = { mount: '/:tenant' };
const BEHIND: ServerSetup = { trustProxy: 'loopback' };

const FORWARDED = `proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;`;

const nginx = (rules: string): NonNullable<Setup['proxy']> => ({ name: 'nginx', rules });

export const SETUPS: readonly Setup[] = [
  { name: 'nothing in between', server: {}, faults: { idle: silent() } },
  {
    name: 'nginx, its defaults',
    server: {},
    proxy: nginx(`location / { proxy_pass http://SERVER; ${READ_TIMEOUT} }`),
    faults: { delay: buffered(), idle: silent() },
  },
  {
    name: 'nginx, as in docs/hosting.md',
    server: BEHIND,
    proxy: nginx(`location / {
      proxy_pass http://SERVER;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      ${FORWARDED}
      ${READ_TIMEOUT}
    }`),
    // It does not hold back the chunks of HTTP/1.1, whatever the header says.
    faults: { idle: silent(BEHIND) },
  },
  {
    name: 'nginx that strips a prefix',
    server: {},
    path: '/public/tools/sse',
    proxy: nginx(`location /public/tools/ { proxy_pass http://SERVER/; ${READ_TIMEOUT} }`),
    faults: { delay: buffered(), endpoint: absolute, idle: silent() },
  },
  {
    name: 'nginx that strips a prefix and says so in X-Forwarded-Prefix',
    server: BEHIND,
    path: '/public/tools/sse',
    proxy: nginx(`location /public/tools/ {
      proxy_pass http://SERVER/;
      proxy_set_header X-Forwarded-Prefix /public/tools;
      ${FORWARDED}
      ${READ_TIMEOUT}
    }`),
    faults: { delay: buffered(BEHIND), endpoint: absolute, idle: silent(BEHIND) },
  },
  {
    name: 'haproxy that cuts what is idle for 5 s, option http-no-delay, keepAlive.intervalMs 2,000',
    server: HAPROXY,
    proxy: { name: 'haproxy', rules: 'option http-no-delay' },
    faults: {
      delay: { name: "haproxy's default for small chunks", server: HAPROXY, rules: '' },
      idle: { name: 'keep-alives every 15 s', server: {} },
    },
  },
  {
    name: 'compression() in front',
    server: { middleware: [compression({ threshold: 0 })] },
    faults: {
      delay: { name: 'no no-transform and no flush', server: { middleware: [buffering] } },
      idle: silent({ middleware: [compression({ threshold: 0 })] }),
    },
  },
  {
    name: 'express.json() in front',
    server: { middleware: [express.json()] },
    faults: {
      endpoint: {
        name: 'a body that is read and not passed on',
        server: { middleware: [consumingBodies] },
      },
      idle: silent({ middleware: [express.json()] }),
    },
  },
  {
    name: 'mounted at /api/v1',
    server: SUB_PATH,
    path: '/api/v1/sse',
    faults: { endpoint: rootEndpoint(SUB_PATH), idle: silent(SUB_PATH) },
  },
  {
    name: 'mounted at /:tenant',
    server: TENANT,
    path: '/acme%20inc/sse',
    faults: { endpoint: rootEndpoint(TENANT), idle: silent(TENANT) },
  },
  {
    name: 'a pool of undici',
    server: {},
    pool: 'undici',
    faults: {
      endpoint: { name: 'Connection: close', server: { middleware: [closingConnections] } },
      idle: silent(),
    },
  },
  {
    name: 'a pool of node:http',
    server: {},
    pool: 'http',
    faults: {
      endpoint: { name: 'Connection: close', server: { middleware: [closingConnections] } },
      idle: silent(),
    },
  },
];
