import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

import express, {
  type ErrorRequestHandler,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';

import { McpSseError, type McpSseErrorCode } from '../errors.js';
import type { McpSseRequest } from '../session/request-facts.js';
import type { Routes } from './routes.js';
import type { Exchange, TrustProxy } from './exchange.js';
import { adaptHttp2 } from './http2.js';

/** An Express application, as far as `requestListener` needs one. */
export type ExpressApp = ((req: IncomingMessage, res: ServerResponse) => void) & {
  get(setting: string): unknown;
};

/**
 * The endpoints as an Express router, which is middleware for everything that calls functions with
 * `(req, res, next)`: connect, Vite, Fastify with middie, Koa with koa-connect, `node:http` itself.
 */
export function routerFor<Data>(endpoints: Routes<Data>): Router {
  const router = express.Router();
  const { handle } = router as unknown as { handle: RequestHandler };
  // In front of the router's own layers, not in one: its `next`, which Express keeps in `req`, would
  // be 5 % of the memory of a session, and the layer 3 % of a POST.
  const serveOrHandle = (req: Request, res: Response, next?: NextFunction): void => {
    // Its type says that it is there; only Express puts it there.
    const { app }: { app?: unknown } = req;
    if (!endpoints.serve(exchangeOf(req, res, app), ''))
      handle.call(router, req, res, next ?? finalHandler(res));
  };
  return Object.assign(router, { handle: serveOrHandle });
}

/** The endpoints in front of an Express application that is mounted at `/`. */
export function requestListenerFor<Data>(
  endpoints: Routes<Data>,
  app: ExpressApp,
  mount: string,
): RequestListener {
  return (req, res) => {
    // What middleware in front adds, by its types also for sure, is not there: there is none.
    const bare = req as McpSseRequest;
    if (!endpoints.serve(exchangeOf(bare, res, app), mount)) app(req, res);
  };
}

/** What the body parsers of Express refuse, by the status they give it. */
const PARSER_ERRORS: Readonly<Record<number, readonly [McpSseErrorCode, string]>> = {
  400: ['parse-error', 'the body is not JSON, or was cut short'],
  413: ['message-too-large', 'the body is larger than the body parser in front takes'],
  415: ['unsupported-media-type', 'the encoding of the body is not supported'],
};

/** Answers what an upstream body parser refused on the way to an endpoint of ours. */
export function errorHandlerFor<Data>(endpoints: Routes<Data>): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const known = endpoints.owns(req.url) ? PARSER_ERRORS[statusOf(error)] : undefined;
    if (known) endpoints.refuse({ res }, new McpSseError(...known));
    else next(error);
  };
}

/**
 * Body parsers mark their errors with `status` and `type` ("entity.too.large"); one of zlib's, for
 * a body that is not the gzip it claims to be, they pass on with `status` and its own `errno`.
 */
function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 0;
  const marked = 'type' in error || 'errno' in error;
  return marked && 'status' in error && typeof error.status === 'number' ? error.status : 0;
}

function exchangeOf(req: McpSseRequest, res: ServerResponse, app: unknown): Exchange {
  adaptHttp2(req, res);
  return { req, res, trusts: trustOf(app) };
}

/** Where there is no Express application nobody is trusted: nothing says who could be. */
function trustOf(app: unknown): TrustProxy {
  // Not by `get`: that of other frameworks adds a route.
  const settings: unknown = isObject(app) ? Reflect.get(app, 'settings') : undefined;
  const trusts: unknown = isObject(settings) ? Reflect.get(settings, 'trust proxy fn') : undefined;
  return typeof trusts === 'function' ? (trusts as TrustProxy) : trustsNobody;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

const trustsNobody: TrustProxy = () => false;

/** Called by `http.createServer(mcp)` itself, there is nothing behind the router. */
function finalHandler(res: ServerResponse): NextFunction {
  return (error?: unknown) => {
    res.statusCode = error === undefined ? 404 : 500;
    res.end();
  };
}
