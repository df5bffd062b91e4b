// The one error class, all its codes, and the statuses that codes have.

import { types } from 'node:util';

import { attempt, messageOf } from './util/foreign-error.js';

/**
 * Every code of an `McpSseError`. The table of errors in docs/reference.md says what each means to
 * a client and to an operator.
 */
export type McpSseErrorCode =
  // refusals of a client's request
  | 'parse-error'
  | 'invalid-message'
  | 'invalid-request'
  | 'host-not-allowed'
  | 'origin-not-allowed'
  | 'unauthorized'
  | 'forbidden'
  /** The token lacks a scope; the answer's `WWW-Authenticate` names it. */
  | 'insufficient-scope'
  | 'session-not-found'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'message-too-large'
  | 'unsupported-media-type'
  /** HTTP+SSE is no longer served; the message names its successor. */
  | 'sunset'
  // no room or no time
  | 'too-many-in-flight'
  | 'too-many-sessions'
  /** The process already holds `limits.maxTotalBytes` for its clients. */
  | 'over-budget'
  | 'shutting-down'
  // other nodes
  | 'adapter-unavailable'
  | 'outcome-unknown'
  /** The node of a running request has ended. It may have taken effect. JSON-RPC error -32010. */
  | 'interrupted'
  // ends of sessions and connections
  | 'session-closed'
  | 'connection-closed'
  | 'write-failed'
  | 'write-timeout'
  | 'buffer-overflow'
  | 'request-timeout'
  | 'request-cancelled'
  | 'ping-timeout'
  | 'initialize-timeout'
  | 'idle-timeout'
  | 'replay-evicted'
  // faults of the application
  | 'invalid-option'
  | 'invalid-event'
  | 'not-serializable'
  | 'lock-reentered'
  | 'hook-failed'
  | 'hook-timeout'
  | 'server-failed'
  | 'internal';

/**
 * The only map from error codes to HTTP statuses. Codes without a status are faults of the server,
 * or never answer a request.
 */
export const STATUSES = {
  'parse-error': 400,
  'invalid-message': 400,
  'invalid-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'insufficient-scope': 403,
  'host-not-allowed': 403,
  'origin-not-allowed': 403,
  'session-not-found': 404,
  'method-not-allowed': 405,
  'not-acceptable': 406,
  sunset: 410,
  'message-too-large': 413,
  'unsupported-media-type': 415,
  'too-many-in-flight': 429,
  'too-many-sessions': 503,
  'over-budget': 503,
  'shutting-down': 503,
  'adapter-unavailable': 503,
  'outcome-unknown': 504,
} as const;

/** A code that can answer a request. */
export type RefusalCode = keyof typeof STATUSES;

/** Whether the code refuses a request and tells its client why. */
export function isRefusalCode(code: McpSseErrorCode): code is RefusalCode {
  return Object.hasOwn(STATUSES, code);
}

/** The one error class of this package. `code` is stable; `message` is for people and may change. */
export class McpSseError extends Error {
  override readonly name = 'McpSseError';
  /**
   * The HTTP status of the code: Express answers with it after `next(error)`, or with 500 if it is
   * undefined.
   */
  readonly status: number | undefined;
  /** The `WWW-Authenticate` header of the answer, for 401 and 403; undefined sends none. */
  readonly challenge: string | undefined;

  constructor(
    readonly code: McpSseErrorCode,
    message: string,
    options?: { cause?: unknown; challenge?: string | undefined },
  ) {
    super(message, options);
    this.challenge = options?.challenge;
    this.status = isRefusalCode(code) ? STATUSES[code] : undefined;
  }

  /**
   * Returns an `McpSseError` as it is. Anything else becomes the `cause` of a new one with the given
   * code. Never throws.
   */
  static from(thrown: unknown, code: McpSseErrorCode = 'internal'): McpSseError {
    if (attempt(() => isIntact(thrown), false)) return thrown as McpSseError;
    return new McpSseError(code, messageOf(thrown), { cause: thrown });
  }
}

/** Whether the value is an error of this class that is safe to read: not a proxy, no getters. */
function isIntact(thrown: unknown): thrown is McpSseError {
  if (types.isProxy(thrown) || !(thrown instanceof McpSseError)) return false;
  const own = Object.getOwnPropertyDescriptors(thrown);
  const isText = (field: PropertyDescriptor | undefined): boolean =>
    typeof field?.value === 'string';
  if (!isText(own.code) || !isText(own.message)) return false;
  const hasGetter = [own.status, own.cause, own.challenge].some(
    (field) => field?.get !== undefined,
  );
  return !hasGetter && ['undefined', 'number'].includes(typeof own.status.value);
}
