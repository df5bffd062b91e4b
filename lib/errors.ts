// The one error class, all its codes, and the statuses that codes have.
/** The one error class of this package, its codes, and their HTTP statuses. */
import { types } from 'node:util';

import { attempt, messageOf } from './util/foreign-error.js';

/**
 * Every way in which this package refuses, gives up or reports.
 *
 * The documentation's table of errors says what each means to a client and to an operator.
 */
export type McpSseErrorCode =
  // what a client sent
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
  /** HTTP+SSE is no longer served; the message names what succeeds it. */
  | 'sunset'
  // what the server has no room or time for
  | 'too-many-in-flight'
  | 'too-many-sessions'
  /** All messages, queues and replays together hold `limits.maxTotalBytes`. */
  | 'over-budget'
  | 'shutting-down'
  // what another node was to do
  | 'adapter-unavailable'
  | 'outcome-unknown'
  /** A request ran when its node ended: it may have had its effect. JSON-RPC error -32010. */
  | 'interrupted'
  // how a session or a connection ended
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
  // what the application did
  | 'invalid-option'
  | 'invalid-event'
  | 'not-serializable'
  | 'lock-reentered'
  | 'hook-failed'
  | 'hook-timeout'
  | 'server-failed'
  | 'internal';

/**
 * The only map from errors to HTTP statuses. A code without one is the server's own fault, or never
 * answers a request.
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

/** A code that answers a request. */
export type RefusalCode = keyof typeof STATUSES;

/** Whether a request is refused with the code, and its client learns why. */
export function isRefusalCode(code: McpSseErrorCode): code is RefusalCode {
  return Object.hasOwn(STATUSES, code);
}

/** The one error class of this package. `code` is stable; `message` is for people and may change. */
export class McpSseError extends Error {
  override readonly name = 'McpSseError';
  /**
   * The HTTP status of the code, by which Express answers after `next(error)`. Undefined for a code
   * that has none: Express answers 500 then.
   */
  readonly status: number | undefined;
  /** The value of the answer's `WWW-Authenticate`, for 401 and 403; undefined sends none. */
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
   * Returns an `McpSseError` unchanged. Anything else that was thrown becomes the `cause` of a new
   * one with the given code. Never throws.
   */
  static from(thrown: unknown, code: McpSseErrorCode = 'internal'): McpSseError {
    if (attempt(() => isIntact(thrown), false)) return thrown as McpSseError;
    return new McpSseError(code, messageOf(thrown), { cause: thrown });
  }
}

/** Whether it is an error of this class that can be read: no proxy, no getters put in its place. */
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
