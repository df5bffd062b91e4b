// The dashboard's routes.
import { randomBytes, timingSafeEqual } from 'node:crypto';

import type { Request, RequestHandler, Response } from 'express';

import type { McpSseRouter } from '../index.js';
import { isHostAllowed, isNavigation, requesterOf } from './access.js';
import { LiveFeed } from './live-feed.js';
import { parseOptions, type DashboardOptions } from './options.js';
import { readPage } from './page.js';
import { parseSort, type View } from './session-table.js';
import { UsageView } from './usage-view.js';

/** The router that a dashboard shows. */
export type DashboardSource<Data = unknown> = Pick<
  McpSseRouter<Data>,
  'sessions' | 'stats' | 'usage' | 'watchMessages'
>;

const FILTER_LENGTH = 200;

const STREAM_HEAD: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};

const ALWAYS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * A page that shows the sessions of a router live: `app.use('/admin', dashboard(mcp))`. It
 * authenticates nobody: put your own middleware in front. It ends with the router's `close()`.
 *
 * @throws McpSseError `invalid-option`.
 */
export function dashboard<Data>(
  mcp: DashboardSource<Data>,
  options: DashboardOptions = {},
): RequestHandler {
  const settings = parseOptions(options);
  const { html, policy } = readPage();
  const feed = new LiveFeed(mcp, settings);
  const usageView = new UsageView(() => mcp.usage());
  /** Only the page itself can read it, and no page of another site can send it. */
  const token = randomBytes(18).toString('base64url');
  const { allowClose, showMessages } = settings;

  const page = (_req: Request, res: Response): void => {
    res.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
    });
    res.end(html);
  };

  const events = (req: Request, res: Response): void => {
    if (!feed.hasRoom) refuse(res, 503, 'Too many pages are open', { 'Retry-After': '5' });
    else {
      res.writeHead(200, STREAM_HEAD);
      feed.show(res, viewOf(req), { showMessages, ...(allowClose && { token }) });
    }
  };

  const close = (req: Request, res: Response): void => {
    const sent = req.headers['x-dashboard-token'];
    if (!allowClose) refuse(res, 403, 'Closing sessions is off: set allowClose to turn it on');
    else if (requesterOf(req) !== 'own' || !isSame(sent, token))
      refuse(res, 403, 'Only the page of the dashboard may close sessions');
    else {
      const session = feed.table.find(Number(queryOf(req).get('key')));
      session?.close('dashboard');
      if (session) res.writeHead(204).end();
      else refuse(res, 404, 'No such session');
    }
  };

  const routes: Readonly<Record<string, Route>> = {
    '/': { methods: ['GET', 'HEAD'], serve: page, linkable: true },
    '/events': { methods: ['GET'], serve: events },
    '/usage': { methods: ['GET'], serve: (_req, res) => tellUsage(usageView, res) },
    '/close': { methods: ['POST'], serve: close },
  };
  return (req, res, next) => {
    const route = Object.hasOwn(routes, req.path) ? routes[req.path] : undefined;
    if (!route) {
      next();
      return;
    }
    for (const [name, value] of Object.entries(ALWAYS)) res.setHeader(name, value);
    const { methods, serve, linkable } = route;
    if (!isHostAllowed(req, settings.allowedHosts)) {
      refuse(res, 403, "Host not allowed: add it to dashboard(mcp, { allowedHosts: ['…'] })");
    } else if (requesterOf(req) === 'foreign' && !(linkable && isNavigation(req))) {
      refuse(res, 403, 'Pages of other sites may not use the dashboard');
    } else if (methods.includes(req.method)) serve(req, res);
    else refuse(res, 405, 'Method not allowed', { Allow: methods.join(', ') });
  };
}

interface Route {
  /** Whether pages of other sites may link to it. */
  readonly linkable?: boolean;
  readonly methods: readonly string[];
  readonly serve: (req: Request, res: Response) => void;
}

function tellUsage(view: UsageView, res: Response): void {
  const failed = (): void => refuse(res, 500, 'Not known');
  void view.state().then((state) => res.json(state), failed);
}

function refuse(
  res: Response,
  status: number,
  reason: string,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
  res.end(`${reason}\n`);
}

/** Not Express's `req.query`: its parser is a setting of the application. */
function queryOf({ url }: Request): URLSearchParams {
  const mark = url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark));
}

function viewOf(req: Request): View {
  const query = queryOf(req);
  return {
    filter: (query.get('filter') ?? '').trim().slice(0, FILTER_LENGTH),
    ...parseSort(query.get('sort') ?? ''),
  };
}

function isSame(sent: unknown, token: string): boolean {
  if (typeof sent !== 'string' || Buffer.byteLength(sent) !== token.length) return false;
  return timingSafeEqual(Buffer.from(sent), Buffer.from(token));
}
