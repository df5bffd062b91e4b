// Hands requests of Streamable HTTP at the URL of the stream to the application's handler.
import type { RequestHandler } from 'express';

import { McpSseError } from '../../errors.js';
import { isPromiseLike } from '../../util/promises.js';
import { checkOwnSocket, type Exchange } from '../exchange.js';
import { principalOf } from '../principal.js';
import type { Runtime } from '../runtime.js';
import { restoreBody } from './parsed-body.js';
import { isStreamableGet } from './streamable-get.js';

/** Whether a request to the URL of the stream is one of Streamable HTTP. */
export function isStreamable({ req }: Exchange): boolean {
  const { method } = req;
  return method === 'POST' || method === 'DELETE' || (method === 'GET' && isStreamableGet(req));
}

/**
 * Hands the request to the application's handler. Returns whether the handler has called `next()`.
 *
 * @throws McpSseError any throw or rejection of the handler, or argument of its `next`, as
 * `internal` unless it is an error of this package; `shutting-down`; as `principalOf`
 */
export async function serveStreamable<Data>(
  exchange: Exchange,
  handler: RequestHandler,
  runtime: Runtime<Data>,
): Promise<boolean> {
  const { req, res } = exchange;
  // Its answer may be a stream.
  checkOwnSocket(exchange);
  refuseWhileDraining(exchange, runtime);
  // Middleware in front may have set the body flowing: pause it, so that the handler gets all of
  // it.
  const wasFlowing = req.readableFlowing === true;
  if (wasFlowing) req.pause();
  const principal = await principalOf(exchange, runtime);
  if (res.destroyed) return false;
  refuseWhileDraining(exchange, runtime);
  restoreBody(req);
  if (req.method === 'POST')
    runtime.usage.passed({ principal, headers: req.headers, body: req.body });
  runtime.openExchanges.add(exchange);
  const passedOn = call(exchange, handler, (error) => {
    runtime.events.failed(undefined, error);
  });
  if (wasFlowing) req.resume();
  return passedOn;
}

/** Accepts POSTs of a session: they may answer a running tool's request to the client. */
function refuseWhileDraining<Data>({ req }: Exchange, { sessions }: Runtime<Data>): void {
  if (!sessions.draining || (req.method !== 'GET' && 'mcp-session-id' in req.headers)) return;
  throw new McpSseError('shutting-down', 'the server is shutting down');
}

/** Resolves when the exchange is over (false), or the handler has called `next()` (true). */
function call(
  exchange: Exchange,
  handler: RequestHandler,
  failedLater: (error: McpSseError) => void,
): Promise<boolean> {
  const { res } = exchange;
  return new Promise((resolve, reject) => {
    let settled = false;
    const settle = (then: () => void): void => {
      if (settled) return;
      settled = true;
      res.off('close', over);
      then();
    };
    const over = (): void => {
      settle(() => {
        resolve(false);
      });
    };
    const failed = (thrown: unknown): void => {
      const error = McpSseError.from(thrown);
      // A handler that stops with an error because its client has left is not at fault.
      if (settled && res.writableFinished) failedLater(error);
      settle(() => {
        reject(error);
      });
    };
    const next = (error?: unknown): void => {
      if (error !== undefined && error !== null) failed(error);
      else
        settle(() => {
          resolve(true);
        });
    };
    res.once('close', over);
    try {
      const returned: unknown = handler(
        exchange.expressRequest(),
        exchange.expressResponse(),
        next,
      );
      if (isPromiseLike(returned)) returned.then(undefined, failed);
    } catch (error) {
      failed(error);
    }
  });
}
