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
import type { AppSettings, Exchange, TrustProxy } from './exchange.js';
import type { Routes } from './routes.js';
import { adaptHttp2 } from './http2.js';

/** The Express application that hosts the router. */
interface HostApp extends AppSettings {
  /** The prototype of its requests. */
  readonly request: object;
  /** The prototype of its responses. */
  readonly response: object;
}

/** An Express application, as far as `requestListener` needs one. */
export type ExpressApp = HostApp & ((req: IncomingMessage, res: ServerResponse) => void);

/**
 * The routes as an Express router, which is middleware for everything that calls functions with
 * `(req, res, next)`: connect, Vite, Fastify with middie, Koa with koa-connect, `node:http` itself.
 */
export function routerFor<Data>(routes: Routes<Data>): Router {
  const router = express.Router();
  const { handle } = router as unknown as { handle: RequestHandler };
  // In front of the router's own layers, not in one: its `next`, which Express keeps in `req`, would
  // be 5 % of the memory of a session, and the layer 3 % of a POST.
  const serveOrHandle = (req: Request, res: Response, next?: NextFunction): void => {
    const app = appOf(req);
    if (!routes.serve(exchangeOf(req, res, app, ''), '', app))
      handle.call(router, req, res, next ?? finalHandler(res));
  };
  return Object.assign(router, { handle: serveOrHandle });
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

/** @param app undefined where something else than Express calls the router */
function exchangeOf(
  req: IncomingMessage,
  res: ServerResponse,
  app: HostApp | undefined,
  mount: string,
): Exchange {
  adaptHttp2(req, res);
  return {
    // What middleware adds, by its types also for sure, may not be there.
    req: req as McpSseRequest,
    res,
    trusts: trustOf(app),
    expressRequest: () => asExpressRequest(req, res, app, mount),
    expressResponse: () => asExpressResponse(res, app),
  };
}

/** Undefined where something else than Express calls the router: connect, Vite, `node:http`. */
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
  // What cuts a mount off the URL keeps the whole of it, as connect does.
  const { originalUrl = url } = req;
  const cut = originalUrl.endsWith(url) ? originalUrl.slice(0, -url.length) : '';
  if (req instanceof IncomingMessage) Object.setPrototypeOf(req, app.request);
  else addMembers(req, app.request, IncomingMessage.prototype);
  const mark = url.indexOf('?');
  const parse = app.get('query parser fn') as ((query: string) => unknown) | undefined;
  // Express 4 sets it for each request, Express 5 has a getter.
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

/** [node] What HTTP/2 has is no `IncomingMessage` or `ServerResponse`, and keeps its own prototype. */
function addMembers(target: object, members: object, end: object): void {
  for (let from = members; from !== end && from !== Object.prototype;) {
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (!(name in target)) Object.defineProperty(target, name, member);
    from = Object.getPrototypeOf(from) as object;
  }
}

/** What the body parsers of Express refuse, by the status they give it. */
const PARSER_ERRORS: Readonly<Record<number, readonly [McpSseErrorCode, string]>> = {
  400: ['parse-error', 'the body is not JSON, or was cut short'],
  413: ['message-too-large', 'the body is larger than the body parser in front takes'],
  415: ['unsupported-media-type', 'the encoding of the body is not supported'],
};

/** Answers every `McpSseError`, and what a body parser refused on the way to a route of ours. */
export function errorHandlerFor<Data>(routes: Routes<Data>): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const known = routes.owns(req.url, appOf(req)) ? PARSER_ERRORS[statusOf(error)] : undefined;
    if (isInstance(error, McpSseError)) routes.refuse({ res }, error);
    else if (known) routes.refuse({ res }, new McpSseError(...known));
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

function trustOf(app: HostApp | undefined): TrustProxy {
  const trusts: unknown = app?.get('trust proxy fn');
  return typeof trusts === 'function' ? (trusts as TrustProxy) : trustsNobody;
}

const trustsNobody: TrustProxy = () => false;

/** Called by `http.createServer(mcp)` itself, there is nothing behind the router. */
function finalHandler(res: ServerResponse): NextFunction {
  return (error?: unknown) => {
    res.statusCode = error === undefined ? 404 : 500;
    res.end();
  };
}
