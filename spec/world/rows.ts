// The rows of the table: what each runs, and on what.
import type { Place } from './place.js';

export type Express = 'express5' | 'express4';

export interface Row {
  readonly name: string;
  /** `page`: the application that a page of docs/ shows. */
  readonly kind: 'middleware' | 'host' | 'page';
  /** On which versions of Express it is run; a host that has none of its own runs once. */
  readonly express: readonly Express[];
  /** Another name of the program, where rows share one. */
  readonly program?: string;
  /** Arguments of Node, before the program. */
  readonly node?: readonly string[];
  /** The program of another runtime, from its npm package. */
  readonly runtime?: 'bun' | 'deno';
  /** Why it cannot be run here. */
  readonly skip?: (place: Place) => string | undefined;
  /** The check must fail. */
  readonly broken?: boolean;
}

const BOTH = ['express5', 'express4'] as const;
const needsTls = ({ tls }: Place): string | undefined => (tls ? undefined : 'openssl is not here');

const middleware = (name: string): Row => ({ name, kind: 'middleware', express: BOTH });
const host = (name: string, more: Partial<Row> = {}): Row => ({
  name,
  kind: 'host',
  express: ['express5'],
  ...more,
});
const page = (name: string): Row => ({
  name: `docs/${name}.md, word for word`,
  kind: 'page',
  express: ['express5'],
  program: name,
});
const agent = (name: string, ...node: string[]): Row => ({
  ...middleware(name),
  program: 'agent',
  node,
});

export const ROWS: readonly Row[] = [
  middleware('helmet'),
  middleware('morgan'),
  middleware('morgan-body'),
  middleware('pino-http'),
  middleware('express-winston'),
  middleware('express-session'),
  middleware('cookie-session'),
  middleware('express-rate-limit'),
  middleware('compression'),
  middleware('compression, all types'),
  middleware('compression, transforming'),
  middleware('response-time'),
  middleware('on-headers and on-finished'),
  middleware('swagger-stats'),
  middleware('express-openapi-validator'),
  middleware('express-ws beside it'),
  middleware('http-proxy-middleware beside it'),
  middleware('socket.io beside it'),
  middleware('express.json()'),
  middleware('write wrapped, returning nothing'),
  middleware('write wrapped, returning false'),
  middleware("a sniffer: req.on('data')"),
  middleware('a sniffer: req.pipe(), nobody reads'),
  middleware('a sniffer, after an await'),
  middleware('a sniffer, and a principal that awaits'),
  agent('OpenTelemetry, http and express', '--import', './programs/agents/opentelemetry.mjs'),
  agent('elastic-apm-node', '--require', './programs/agents/elastic.cjs'),
  agent('dd-trace', '--require', './programs/agents/datadog.cjs'),
  agent('Sentry', '--import', './programs/agents/sentry.mjs'),
  host('node:http'),
  host('node:http, nothing behind'),
  host('node:https', { express: BOTH, skip: needsTls }),
  host('a unix socket', { express: BOTH }),
  host('HTTP/2, by requestListener', { express: BOTH, skip: needsTls }),
  host('http-proxy-middleware in front', { express: BOTH }),
  host('connect'),
  host('polka'),
  host('koa with koa-connect'),
  host('restify'),
  host('tinyhttp'),
  host('hono with @hono/node-server'),
  host('vite’s dev server'),
  host('fastify with @fastify/middie'),
  host('fastify with @fastify/express'),
  host('nest with a global prefix'),
  page('nest'),
  page('next'),
  page('vite'),
  page('fastify'),
  { ...middleware('Bun'), program: 'agent', runtime: 'bun' },
  { ...middleware('Deno'), program: 'agent', runtime: 'deno' },
  host('a broken stand-in', { broken: true }),
];
