/**
 * Every way in which this package refuses, gives up or reports.
 *
 * The README's table of errors says what each means to a client and to an operator;
 * `http/reject.ts` is the only place that maps them to HTTP statuses.
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
  | 'session-not-found'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'message-too-large'
  | 'unsupported-media-type'
  // what the server has no room or time for
  | 'too-many-in-flight'
  | 'too-many-sessions'
  | 'over-budget'
  | 'shutting-down'
  // what another node was to do
  | 'adapter-unavailable'
  | 'outcome-unknown'
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

/** The one error class of this package. `code` is stable; `message` is for people and may change. */
export class McpSseError extends Error {
  override readonly name = 'McpSseError';

  constructor(
    readonly code: McpSseErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /**
   * Whatever was thrown, as an `McpSseError`: one passes through unchanged, anything else
   * becomes the `cause` of a new one with the given code.
   */
  static from(thrown: unknown, code: McpSseErrorCode = 'internal'): McpSseError {
    try {
      if (thrown instanceof McpSseError) return thrown;
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      return new McpSseError(code, message, { cause: thrown });
    } catch {
      // `Object.create(null)`, or a getter that throws in its turn: it has no text.
      return new McpSseError(code, 'what was thrown cannot be read', { cause: thrown });
    }
  }
}
