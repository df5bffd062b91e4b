// A request with its response.
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Request, Response } from 'express';

import { McpSseError } from '../errors.js';
import type { McpSseRequest } from '../session/request-facts.js';

/** Whether the peer at `address`, `hop` proxies away from here, may speak for its client. */
export type TrustProxy = (address: string, hop: number) => boolean;

/** One HTTP request to one of the two endpoints, however it came in. */
export interface Exchange {
  readonly req: McpSseRequest;
  readonly res: ServerResponse;
  /** Express's `trust proxy` setting of the application. */
  readonly trusts: TrustProxy;
  /** The request as functions of the application get it, Express's members included. */
  expressRequest(): Request;
  /** Its response likewise. */
  expressResponse(): Response;
}

/** The settings of the Express application that brings a request here. */
export interface AppSettings {
  get(setting: string): unknown;
}

/** The Express application that hosts the router. */
export interface HostApp extends AppSettings {
  /** The prototype of its requests. */
  readonly request: object;
  /** The prototype of its responses. */
  readonly response: object;
}

/** The members of an Express application that `requestListener` needs. */
export type ExpressApp = HostApp & ((req: IncomingMessage, res: ServerResponse) => void);

/** The origin in front of an absolute URL; only one that no parser of URLs reads otherwise. */
const ORIGIN = /^https?:\/\/(?:(?:[a-z\d.-]+|\[[\da-f:.]+\])(?::\d+)?)?(?=[/?]|$)/i;

/**
 * Refuses a stream behind another request of its connection, whose answer comes first.
 *
 * [node] Before 24 the response of a pipelined request is not told that its connection has closed:
 * its session would stay.
 *
 * @throws McpSseError `invalid-request`.
 */
export function checkOwnSocket({ res }: Exchange): void {
  if (res.socket !== null) return;
  const advice = 'a stream needs its own connection: this one is busy with another request';
  throw new McpSseError('invalid-request', advice);
}

/** The path of a URL as it stands in a request line, and its query without the question mark. */
export function splitUrl(url: string): { path: string; query: string } {
  // [spec] RFC 9112, 3.2.2: a server must accept the absolute form too.
  const target = url.startsWith('/') ? url : url.replace(ORIGIN, '');
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
