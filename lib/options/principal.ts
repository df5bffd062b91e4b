// Identifies the caller by the result of authentication middleware.
import { createHash } from 'node:crypto';

import { McpSseError } from '../errors.js';
import type { McpSseRequest } from '../session/request-facts.js';

/** An object in the result of authentication, and its path in the request. */
interface Holder {
  readonly path: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Objects that may hold the claims of a token: `extra.sub`, `payload.sub`, `extra.claims.sub`. */
const NESTED = ['extra', 'payload', 'claims'] as const;
const DEEPEST = 2;
const ISSUER = ['iss', 'issuer'] as const;
const SUBJECT = ['sub', 'subject', 'userId', 'user_id', 'user'] as const;
const CLIENT = ['clientId', 'client_id', 'azp'] as const;

/** Fields of a token that never name a user. */
const OF_THE_TOKEN: ReadonlySet<string> = new Set([
  ...[...ISSUER, ...CLIENT, 'token', 'header', 'signature'],
  ...['scopes', 'scope', 'scp', 'resource', 'aud', 'audience', 'expiresAt', 'exp', 'iat', 'nbf'],
  ...['jti', 'typ', 'token_type', 'active', 'auth_time', 'acr', 'amr', 'cnf', 'ver'],
]);

/**
 * Identifies the caller by `req.auth`, or else by `req.user`, as authentication middleware sets
 * them: issuer, subject and client of a token (the bearer middleware of the SDKs, express-jwt,
 * express-oauth2-jwt-bearer, mcp-auth), the user of basic authentication or of Passport, or the
 * token itself. A renewed token of the same subject is the same caller. Undefined without either.
 *
 * @throws McpSseError `internal` if these identify no caller. It fails closed, because all users of
 * a client would share one principal.
 */
export function principalFromAuth(req: McpSseRequest): string | undefined {
  const { auth } = req;
  if (auth !== undefined && auth !== null) return principalFrom('req.auth', auth, SUBJECT);
  const user: unknown = Reflect.get(req, 'user');
  if (user === undefined || user === null) return undefined;
  return principalFrom('req.user', user, [...SUBJECT, 'id']);
}

function principalFrom(path: string, auth: unknown, subjects: readonly string[]): string {
  if (typeof auth === 'string' && auth !== '') return auth;
  const holders = holdersIn(path, auth);
  const subject = find(holders, subjects);
  const client = find(holders, CLIENT, isBlank);
  if (subject === undefined) {
    if (client === undefined) return hashOfToken(path, auth);
    refuseUnknownFields(holders);
  }
  const issuer = find(holders, ISSUER);
  return JSON.stringify([issuer ?? null, subject ?? null, client ?? null]);
}

function holdersIn(path: string, auth: unknown, depth = 0): Holder[] {
  const fields = fieldsOf(path, auth);
  const holders: Holder[] = [{ path, fields }];
  if (depth === DEEPEST) return holders;
  for (const name of NESTED) {
    const nested = fields[name];
    if (!isBlank(nested)) holders.push(...holdersIn(`${path}.${name}`, nested, depth + 1));
  }
  return holders;
}

/** The first of the names that any holder has, as text. */
function find(
  holders: readonly Holder[],
  names: readonly string[],
  isAbsent: (value: unknown) => boolean = isUndefined,
): string | undefined {
  for (const { path, fields } of holders) {
    for (const name of names) {
      const value = fields[name];
      if (!isAbsent(value)) return textOf(`${path}.${name}`, value);
    }
  }
  return undefined;
}

/** Numbers are identifiers too, if they are exact: JSON rounds larger ones to the same number. */
function textOf(path: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  throw notUnderstood(path, `is ${kindOf(value)}, not a string or a safe integer`);
}

/** A client id alone identifies the caller only if no other field might name one of its users. */
function refuseUnknownFields(holders: readonly Holder[]): void {
  const read = new Set(holders.map(({ path }) => path));
  for (const { path, fields } of holders) {
    const unknown = Object.entries(fields).find(([name, value]) => {
      if (value === undefined || OF_THE_TOKEN.has(name)) return false;
      const isEmpty = isBlank(value) && NESTED.some((nested) => nested === name);
      return !isEmpty && !read.has(`${path}.${name}`);
    })?.[0];
    if (unknown === undefined) continue;
    throw notUnderstood(`${path}.${unknown}`, 'may name a user of this client');
  }
}

function hashOfToken(path: string, auth: unknown): string {
  const { token } = fieldsOf(path, auth);
  if (typeof token === 'string' && token !== '') {
    return createHash('sha256').update(token).digest('base64url');
  }
  throw notUnderstood(path, 'names no user, client or token');
}

function fieldsOf(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (hasFields(value)) return value;
  throw notUnderstood(path, `is ${kindOf(value)}, not an object`);
}

/** Whether the value is an object with fields, not an array, a Map or a date. */
function hasFields(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

function isUndefined(value: unknown): boolean {
  return value === undefined;
}

/** Verifiers write these values for a token without a client. */
function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function notUnderstood(path: string, problem: string): McpSseError {
  return new McpSseError(
    'internal',
    `${path} ${problem}: set security.principal to a function that identifies the caller`,
  );
}

/** Names the kind of the value, never the value itself: it may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
