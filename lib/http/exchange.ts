// A request with its response.
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Request, Response } from 'express';

import { McpSseError } from '../errors.js';
import type { McpSseRequest } from '../session/request-facts.js';

/** Whether to trust the `X-Forwarded-*` of the peer at `address`, `hop` proxies away. */
export type TrustProxy = (address: string, hop: number) => boolean;

/** One HTTP request to one of the two endpoints, however it came in. */
export interface Exchange {
  readonly req: McpSseRequest;
  readonly res: ServerResponse;
  /** Express's `trust proxy` setting of the application. */
  readonly trusts: TrustProxy;
  /** The request with Express's members, for functions of the application. */
  expressRequest(): Request;
  /** The response with Express's members. */
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

/** The origin in front of an absolute URL, if all URL parsers read it alike. */
const ORIGIN = /^https?:\/\/(?:(?:[a-z\d.-]+|\[[\da-f:.]+\])(?::\d+)?)?(?=[/?]|$)/i;

/**
 * Refuses a stream that is pipelined behind another request of its connection.
 *
 * [node] Before 24 the response of a pipelined request emits no event when its connection closes:
 * its session would stay.
 *
 * @throws McpSseError `invalid-request`.
 */
export function checkOwnSocket({ res }: Exchange): void {
  if (res.socket !== null) return;
  const advice = 'a stream needs its own connection: this one is busy with another request';
  throw new McpSseError('invalid-request', advice);
}

/** Splits the URL of a request line into its path and its query without the question mark. */
export function splitUrl(url: string): { path: string; query: string } {
  // [spec] RFC 9112, 3.2.2: a server must accept the absolute form too.
  const target = url.startsWith('/') ? url : url.replace(ORIGIN, '');
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
