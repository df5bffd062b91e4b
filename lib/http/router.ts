// The only import of Express: the router and the request listener.
import { IncomingMessage, ServerResponse, type RequestListener } from 'node:http';

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
import { isInstance } from '../util/foreign-error.js';
import type { Exchange, ExpressApp, HostApp, TrustProxy } from './exchange.js';
import type { Routes } from './routes.js';
import { adaptHttp2 } from './http2.js';

/** Middleware as hosts without Express call it. */
type NodeMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/**
 * Returns the routes as an Express router. It is also middleware for every host that calls
 * functions with `(req, res, next)`: connect, Vite, Fastify with middie, Koa with koa-connect,
 * `node:http`.
 */
export function routerFor<Data>(routes: Routes<Data>): Router & NodeMiddleware {
  const router = express.Router();
  const { handle } = router as unknown as { handle: RequestHandler };
  // In front of the router's own layers, not in one: a layer costs 3 % of a POST, and Express keeps
  // its `next` in `req`, which is 5 % of the memory of a session.
  const serveOrHandle = (req: Request, res: Response, next?: NextFunction): void => {
    const app = appOf(req);
    if (!routes.serve(exchangeOf(req, res, app, ''), '', app))
      handle.call(router, req, res, next ?? finalHandler(res));
  };
  return Object.assign(router as Router & NodeMiddleware, { handle: serveOrHandle });
}

/** The routes in front of an Express application that is mounted at `/`. */
export function requestListenerFor<Data>(
  routes: Routes<Data>,
  app: ExpressApp,
  mount: string,
): RequestListener {
  return (req, res) => {
    if (!routes.serve(exchangeOf(req, res, app, mount), mount, app)) app(req, res);
  };
}

/** @param app undefined if something other than Express calls the router */
function exchangeOf(
  req: IncomingMessage,
  res: ServerResponse,
  app: HostApp | undefined,
  mount: string,
): Exchange {
  adaptHttp2(req, res);
  return {
    // Middleware may not have added these members, whatever their types say.
    req: req as McpSseRequest,
    res,
    trusts: trustOf(app),
    expressRequest: () => asExpressRequest(req, res, app, mount),
    expressResponse: () => asExpressResponse(res, app),
  };
}

/** Undefined if something other than Express calls the router: connect, Vite, `node:http`. */
function appOf(req: IncomingMessage & { app?: unknown }): HostApp | undefined {
  return typeof req.app === 'function' && 'request' in req.app
    ? (req.app as unknown as HostApp)
    : undefined;
}

let standIn: HostApp | undefined;

function hostOr(given: HostApp | undefined): HostApp {
  return given ?? (standIn ??= express() as unknown as HostApp);
}

/** Gives a request the members that Express gives it: `get`, `ip`, `query`, `params` and so on. */
function asExpressRequest(
  req: IncomingMessage & Partial<Pick<Request, 'get' | 'query' | 'originalUrl'>>,
  res: ServerResponse,
  given: HostApp | undefined,
  mount: string,
): Request {
  if (typeof req.get === 'function') return req as Request;
  const app = hostOr(given);
  const { url = '' } = req;
  // Hosts that cut the mount off the URL, such as connect, keep the whole URL here.
  const { originalUrl = url } = req;
  const cut = originalUrl.endsWith(url) ? originalUrl.slice(0, -url.length) : '';
  if (req instanceof IncomingMessage) Object.setPrototypeOf(req, app.request);
  else addMembers(req, app.request, IncomingMessage.prototype);
  const mark = url.indexOf('?');
  const parse = app.get('query parser fn') as ((query: string) => unknown) | undefined;
  // Express 4 sets `query` for each request, Express 5 has a getter.
  if (!('query' in req) && parse)
    Object.assign(req, { query: parse(mark < 0 ? '' : url.slice(mark + 1)) });
  return Object.assign(req, { res, params: {}, baseUrl: mount || cut, originalUrl }) as Request;
}

/** Gives a response the members that Express gives it: `status`, `json`, `locals` and so on. */
function asExpressResponse(
  res: ServerResponse & Partial<Pick<Response, 'status' | 'locals'>>,
  given: HostApp | undefined,
): Response {
  if (typeof res.status === 'function') return res as Response;
  const { response } = hostOr(given);
  if (res instanceof ServerResponse) Object.setPrototypeOf(res, response);
  else addMembers(res, response, ServerResponse.prototype);
  res.locals ??= {};
  return res as Response;
}

/** [node] HTTP/2 has no `IncomingMessage` or `ServerResponse`: its objects keep their own prototype. */
function addMembers(target: object, members: object, end: object): void {
  for (let from = members; from !== end && from !== Object.prototype;) {
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (!(name in target)) Object.defineProperty(target, name, member);
    from = Object.getPrototypeOf(from) as object;
  }
}

/** The refusals of Express's body parsers, by their status. */
const PARSER_ERRORS: Readonly<Record<number, readonly [McpSseErrorCode, string]>> = {
  400: ['parse-error', 'the body is not JSON, or was cut short'],
  413: ['message-too-large', 'the body is larger than the limit of the body parser in front'],
  415: ['unsupported-media-type', 'the encoding of the body is not supported'],
};

/** Answers every `McpSseError`, and refusals of a body parser in front of our routes. */
export function errorHandlerFor<Data>(routes: Routes<Data>): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const known = routes.owns(req.url, appOf(req)) ? PARSER_ERRORS[statusOf(error)] : undefined;
    if (isInstance(error, McpSseError)) routes.refuse({ res }, error);
    else if (known) routes.refuse({ res }, new McpSseError(...known));
    else next(error);
  };
}

/**
 * Body parsers mark their errors with `status` and `type` ("entity.too.large"). An error of zlib,
 * for a body that is not really gzip, has `status` and its own `errno`.
 */
function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 0;
  const marked = 'type' in error || 'errno' in error;
  return marked && 'status' in error && typeof error.status === 'number' ? error.status : 0;
}

function trustOf(app: HostApp | undefined): TrustProxy {
  const trusts: unknown = app?.get('trust proxy fn');
  return typeof trusts === 'function' ? (trusts as TrustProxy) : trustsNobody;
}

const trustsNobody: TrustProxy = () => false;

/** Ends requests for other paths under a bare `http.createServer(mcp)`. */
function finalHandler(res: ServerResponse): NextFunction {
  return (error?: unknown) => {
    res.statusCode = error === undefined ? 404 : 500;
    res.end();
  };
}
