// Finds the route of a request, and checks its method.
import { McpSseError } from '../errors.js';
import { splitUrl, type AppSettings, type Exchange } from './exchange.js';
import { openStream } from './get/open-stream.js';
import { postMessage } from './post/post-message.js';
import { isStreamable, serveStreamable } from './streamable/serve-streamable.js';
import { isRefusal, sendError } from './error-response.js';
import { refusedBy } from './http-error.js';
import type { Runtime } from './runtime.js';
import { announceSunset } from './sunset.js';

type EndpointName = 'sse' | 'message';

const METHODS = { sse: 'GET', message: 'POST' } as const;
const SERVE = { sse: openStream, message: postMessage } as const;

/** Serves the two endpoints, whether a request comes from Express or from `node:http`. */
export class Routes<Data> {
  readonly #runtime: Runtime<Data>;

  constructor(runtime: Runtime<Data>) {
    this.#runtime = runtime;
  }

  /**
   * Serves the request if its URL is one of the two endpoints. Returns whether it is. `mount` is
   * the part of the path in front of them; `app` decides how strictly paths match.
   */
  serve(exchange: Exchange, mount: string, app: AppSettings | undefined): boolean {
    const name = this.#match(exchange.req.url, mount, app);
    if (!name) return false;
    this.#answer(name, exchange).catch((error: unknown) => {
      this.refuse(exchange, McpSseError.from(error));
    });
    return true;
  }

  /** Whether the URL is one of the two endpoints: errors of middleware in front concern them. */
  owns(url: string, app: AppSettings | undefined): boolean {
    return this.#match(url, '', app) !== undefined;
  }

  refuse({ res }: Pick<Exchange, 'res'>, thrown: McpSseError): void {
    const { events, sunset } = this.#runtime;
    const { error, answer } = refusedBy(thrown);
    events.refused(error);
    if (!isRefusal(error)) events.failed(undefined, error);
    try {
      sendError(res, error, answer, sunset?.detailsOf(error));
    } catch (cause) {
      // Middleware in front may hook into the head of every answer (`on-headers`) and throw.
      // Without
      // this catch, an unhandled rejection would end the process.
      events.failed(undefined, McpSseError.from(cause));
      res.destroy();
    }
  }

  async #answer(name: EndpointName, exchange: Exchange): Promise<void> {
    const { req, res } = exchange;
    const { guard, settings } = this.#runtime;
    const streamable = name === 'sse' ? settings.streamableHttp : undefined;
    guard.check(exchange);
    if (streamable && isStreamable(exchange)) {
      const passedOn = await serveStreamable(exchange, streamable, this.#runtime);
      if (!passedOn) return;
    }
    announceSunset(exchange, this.#runtime, undefined, false);
    if (req.method === METHODS[name]) await SERVE[name](exchange, this.#runtime);
    else if (req.method === 'OPTIONS') guard.preflight(exchange);
    else {
      // [spec] Clients of both transports POST to the SSE URL first, and fall back at this answer.
      const allowed = streamable ? 'GET, POST, DELETE' : METHODS[name];
      res.setHeader('Allow', allowed);
      throw new McpSseError('method-not-allowed', `this URL accepts only ${allowed}`);
    }
  }

  /**
   * Paths match as the application's own routes do. If middleware on `/sse` does not see `/SSE`,
   * because the application is case-sensitive, `/SSE` is not served either.
   */
  #match(url: string, mount: string, app: AppSettings | undefined): EndpointName | undefined {
    const { sse, message } = this.#runtime.settings.paths;
    const { path } = splitUrl(url);
    if (path === mount + message) return 'message';
    if (path === mount + sse) return 'sse';
    // Without an Express application only these two exact paths match.
    if (!app) return undefined;
    const comparable = comparableBy(app);
    const plain = comparable(path);
    if (plain === comparable(mount + message)) return 'message';
    return plain === comparable(mount + sse) ? 'sse' : undefined;
  }
}

/** Returns a function that normalizes paths as the application's routes do before comparing. */
function comparableBy(app: AppSettings): (path: string) => string {
  const sensitive = Boolean(app.get('case sensitive routing'));
  const strict = Boolean(app.get('strict routing'));
  return (path) => {
    const end = strict ? path : path.replace(/\/$/, '');
    return sensitive ? end : end.toLowerCase();
  };
}
