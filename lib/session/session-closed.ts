// The error for messages and requests after the end of a session.
import { McpSseError } from '../errors.js';

/** The error for messages and requests after the end of a session. */
export function sessionClosed(cause?: unknown): McpSseError {
  return new McpSseError('session-closed', 'the session is closed', { cause });
}

/** Makes the same error on first use: its stack is 3 % of opening and closing a session. */
export function lazySessionClosed(cause?: unknown): () => McpSseError {
  let error: McpSseError | undefined;
  return () => (error ??= sessionClosed(cause));
}
