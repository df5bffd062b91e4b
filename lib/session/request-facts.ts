// What is kept of the HTTP request that carried a message.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/**
 * A request as hooks and options see it: Node's own, with whatever the application's middleware
 * has put on Express's `Request` (`req.user`, `req.auth`, …).
 */
export type McpSseRequest = IncomingMessage &
  Express.Request & {
    /** Always there in a request that a server has received. */
    url: string;
    auth?: unknown;
    body?: unknown;
    baseUrl?: string;
    originalUrl?: string;
  };

/**
 * What authentication has verified of the caller: `AuthInfo` of either SDK, by shape. Middleware that
 * leaves something else in `req.auth` is passed on as it is: such values are the application's to check.
 */
export interface AuthInfo {
  token: string;
  clientId: string;
  scopes: string[];
  /** In seconds since 1970. */
  expiresAt?: number;
  /** RFC 8707: the server that the token is for. */
  resource?: URL;
  /** RFC 9728: where a client finds out how to get a token. */
  resourceMetadataUrl?: string;
  extra?: Record<string, unknown>;
}

/** What is kept of the HTTP request that carried a message: plain data, fit to be passed on. */
export interface RequestFacts {
  readonly headers: IncomingHttpHeaders;
  /** The absolute URL as far as the request tells it. */
  readonly url: string;
  /** What the application's authentication put into `req.auth`. */
  readonly authInfo: unknown;
}

export function factsOf(req: McpSseRequest): RequestFacts {
  const scheme = 'encrypted' in req.socket ? 'https' : 'http';
  const host = req.headers.host ?? 'localhost';
  const target = req.originalUrl ?? req.url;
  return {
    headers: req.headers,
    url: target.startsWith('/') ? `${scheme}://${host}${target}` : target,
    authInfo: req.auth,
  };
}
