// Facts about the HTTP request that carried a message.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/**
 * A request as hooks and options get it: Node's own, with the members that middleware has added
 * (`req.user`, `req.auth`, …).
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
 * The verified facts about the caller: `AuthInfo` of either SDK, by shape. Any other value of
 * `req.auth` is passed on unchecked.
 */
export interface AuthInfo {
  token: string;
  clientId: string;
  scopes: string[];
  /** In seconds since 1970. */
  expiresAt?: number;
  /** RFC 8707: the server for which the token is valid. */
  resource?: URL;
  /** RFC 9728: the URL of the metadata that tells a client where to get a token. */
  resourceMetadataUrl?: string;
  extra?: Record<string, unknown>;
}

/** Plain data about the HTTP request that carried a message. It can be sent to another node. */
export interface RequestFacts {
  readonly headers: IncomingHttpHeaders;
  /** The absolute URL, with the host of the request's `Host` header. */
  readonly url: string;
  /** `req.auth`, as the application's authentication has set it. */
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
