import compression from 'compression';
import express, { type RequestHandler } from 'express';

import type { ProxyName } from './programs.js';
import type { SiteOptions } from './site.js';

export type CheckName = 'delay' | 'endpoint' | 'idle';

/** The same server with one fault, which a check must notice. */
export interface Fault {
  readonly name: string;
  readonly site: SiteOptions;
  /** The proxy's own fault: other rules. */
  readonly rules?: string;
}

/** What stands between a client and the server, and how the server is set up for it. */
export interface Setup {
  readonly name: string;
  readonly site: SiteOptions;
  /** Where the client finds the stream. */
  readonly path?: string;
  readonly proxy?: { readonly name: ProxyName; readonly rules: string };
  /** A pool that the client's requests share; others have undici's, with a limit for reading. */
  readonly pool?: 'undici' | 'http';
  readonly faults: Partial<Record<CheckName, Fault>>;
}

/** nginx reads from the server for so long: more than one interval of keep-alives, not two. */
const READ_TIMEOUT = 'proxy_read_timeout 20s;';

/** Takes a header out of the head of streams. */
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

/** Compresses what says that it must not be, and keeps what it has until it has enough. */
const holdingBack: RequestHandler = (req, res, next) => {
  compression({ threshold: 0 })(req, res, () => {
    without('Cache-Control')(req, res, () => {
      (res as { flush?: () => void }).flush = () => undefined;
      next();
    });
  });
};

/** Reads the body and keeps it for itself. */
const eatingBodies: RequestHandler = (req, _res, next) => {
  req.resume();
  req.once('end', next);
};

const closing: RequestHandler = (req, res, next) => {
  if (req.method === 'POST') res.setHeader('Connection', 'close');
  next();
};

const silent = (site: SiteOptions = {}): Fault => ({
  name: 'no keep-alive',
  site: { ...site, options: { ...site.options, keepAlive: false } },
});

const rootEndpoint = (site: SiteOptions): Fault => ({
  name: 'an endpoint that knows nothing of the mount',
  site: { ...site, options: { endpoint: (_req, id) => `/message?sessionId=${id}` } },
});

const absolute: Fault = {
  name: 'an absolute endpoint that knows nothing of the prefix',
  site: { options: { endpoint: 'absolute' } },
};

const buffered = (site: SiteOptions = {}): Fault => ({
  name: 'no X-Accel-Buffering',
  site: { ...site, front: [without('X-Accel-Buffering')] },
});

const HAPROXY: SiteOptions = { options: { keepAlive: { intervalMs: 2_000 } } };
const SUB_PATH: SiteOptions = { mount: '/api/v1' };
const TENANT: SiteOptions = { mount: '/:tenant' };
const BEHIND: SiteOptions = { trustProxy: 'loopback' };

const FORWARDED = `proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;`;

const nginx = (rules: string): NonNullable<Setup['proxy']> => ({ name: 'nginx', rules });

export const SETUPS: readonly Setup[] = [
  { name: 'nothing in between', site: {}, faults: { idle: silent() } },
  {
    name: 'nginx, its defaults',
    site: {},
    proxy: nginx(`location / { proxy_pass http://SERVER; ${READ_TIMEOUT} }`),
    faults: { delay: buffered(), idle: silent() },
  },
  {
    name: 'nginx, as in docs/hosting.md',
    site: BEHIND,
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
    site: {},
    path: '/public/tools/sse',
    proxy: nginx(`location /public/tools/ { proxy_pass http://SERVER/; ${READ_TIMEOUT} }`),
    faults: { delay: buffered(), endpoint: absolute, idle: silent() },
  },
  {
    name: 'nginx that strips a prefix and says so in X-Forwarded-Prefix',
    site: BEHIND,
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
    site: HAPROXY,
    proxy: { name: 'haproxy', rules: 'option http-no-delay' },
    faults: {
      delay: { name: "haproxy's default for small chunks", site: HAPROXY, rules: '' },
      idle: { name: 'keep-alives every 15 s', site: {} },
    },
  },
  {
    name: 'compression() in front',
    site: { front: [compression({ threshold: 0 })] },
    faults: {
      delay: { name: 'no no-transform and no flush', site: { front: [holdingBack] } },
      idle: silent({ front: [compression({ threshold: 0 })] }),
    },
  },
  {
    name: 'express.json() in front',
    site: { front: [express.json()] },
    faults: {
      endpoint: { name: 'a body that is read and not passed on', site: { front: [eatingBodies] } },
      idle: silent({ front: [express.json()] }),
    },
  },
  {
    name: 'mounted at /api/v1',
    site: SUB_PATH,
    path: '/api/v1/sse',
    faults: { endpoint: rootEndpoint(SUB_PATH), idle: silent(SUB_PATH) },
  },
  {
    name: 'mounted at /:tenant',
    site: TENANT,
    path: '/acme%20inc/sse',
    faults: { endpoint: rootEndpoint(TENANT), idle: silent(TENANT) },
  },
  {
    name: 'a pool of undici',
    site: {},
    pool: 'undici',
    faults: {
      endpoint: { name: 'Connection: close', site: { front: [closing] } },
      idle: silent(),
    },
  },
  {
    name: 'a pool of node:http',
    site: {},
    pool: 'http',
    faults: {
      endpoint: { name: 'Connection: close', site: { front: [closing] } },
      idle: silent(),
    },
  },
];
