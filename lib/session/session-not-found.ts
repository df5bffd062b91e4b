// The error for a session that does not exist, or is not this caller's.
import { McpSseError } from '../errors.js';
import { attempt, isInstance } from '../util/foreign-error.js';

/** The reason that the client does not learn: the session exists, but is not its own. */
class ConcealedReason extends Error {
  override readonly name = 'ConcealedReason';
}

/**
 * An unknown session and another principal's get the same answer: it must not tell which ids exist.
 *
 * @param reason more, for the log and the diagnostics channels only
 */
export function sessionNotFound(reason?: string): McpSseError {
  const cause = reason === undefined ? undefined : new ConcealedReason(reason);
  return new McpSseError('session-not-found', 'no such session', { cause });
}

/** The part of a refusal that only the operator learns; undefined if there is none. */
export function concealedReason(error: McpSseError): string | undefined {
  const cause = attempt(() => error.cause, undefined);
  return isInstance(cause, ConcealedReason) ? cause.message : undefined;
}

/** Names no principal: a log must not contain them. */
export function principalsDiffer(
  ofSession: string | undefined,
  ofRequest: string | undefined,
): string {
  const differ = 'the principal of the request differs from that of the session';
  if (ofSession === undefined) {
    return (
      `${differ}: the stream was opened by an anonymous caller, and this request is not anonymous. ` +
      'Does the client send its token with POSTs only?'
    );
  }
  if (ofRequest !== undefined) return `${differ}: it is somebody else's`;
  return (
    `${differ}: the request is anonymous. ` +
    'Does the client send its token with the stream only, or does authentication skip this path?'
  );
}
