// The facts that are kept of the HTTP request that carried a message.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/**
 * A request as hooks and options see it: Node's own, with everything that the application's
 * middleware added (`req.user`, `req.auth`, …).
 */
export type McpSseRequest = IncomingMessage &
  Express.Request & {
    /** Always set in a request that a server has received. */
    url: string;
    auth?: unknown;
    body?: unknown;
    baseUrl?: string;
    originalUrl?: string;
  };

/**
 * What authentication has verified about the caller: `AuthInfo` of either SDK, by shape. If
 * middleware leaves anything else in `req.auth`, it is passed on unchecked.
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

/** Plain data about the HTTP request that carried a message, fit to be sent to another node. */
export interface RequestFacts {
  readonly headers: IncomingHttpHeaders;
  /** The absolute URL, as far as the request shows it. */
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
