import { createHash } from 'node:crypto';

import { McpSseError } from '../errors.js';
import type { McpSseRequest } from '../session/request-facts.js';

/**
 * The caller by what authentication middleware left in `req.auth`: the subject and the client of
 * an OAuth token (the SDKs' bearer middleware, express-jwt, express-oauth2-jwt-bearer), the user
 * of basic authentication, or else the token itself. A renewed token of the same subject is the
 * same caller.
 *
 * @throws McpSseError `internal` when `req.auth` is there and names nobody: a session that anyone
 * may post to is not what its author meant.
 */
export function principalFromAuth(req: McpSseRequest): string | undefined {
  const { auth } = req;
  if (auth === undefined || auth === null) return undefined;
  if (typeof auth === 'string') return auth;
  const client = text(auth, 'clientId') ?? text(auth, 'client_id') ?? text(auth, 'azp');
  const subject =
    text(auth, 'sub') ??
    text(field(auth, 'extra'), 'sub') ??
    text(field(auth, 'extra'), 'userId') ??
    text(field(auth, 'payload'), 'sub') ??
    text(auth, 'user');
  if (client !== undefined || subject !== undefined) return JSON.stringify([client, subject]);
  const token = text(auth, 'token');
  if (token !== undefined) return createHash('sha256').update(token).digest('base64url');
  throw new McpSseError('internal', 'req.auth names no user or client: set security.principal');
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' ? found : undefined;
}
