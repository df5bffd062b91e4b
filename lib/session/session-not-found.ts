// The error for a session that does not exist, or does not for this caller.
import { McpSseError } from '../errors.js';
import { attempt, isInstance } from '../util/foreign-error.js';

/** Why a caller is told that there is no such session, though there is: for the operator only. */
class ConcealedReason extends Error {
  override readonly name = 'ConcealedReason';
}

/**
 * An unknown session and another principal's get the same answer, so that the answer tells no one
 * which ids exist.
 *
 * @param reason for the log and the diagnostics channels, where there is more to say
 */
export function sessionNotFound(reason?: string): McpSseError {
  const cause = reason === undefined ? undefined : new ConcealedReason(reason);
  return new McpSseError('session-not-found', 'no such session', { cause });
}

/** What the operator is told of a refusal and the client is not, if there is something. */
export function concealedReason(error: McpSseError): string | undefined {
  const cause = attempt(() => error.cause, undefined);
  return isInstance(cause, ConcealedReason) ? cause.message : undefined;
}

/** Names no principal: those are none of a log's business. */
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
