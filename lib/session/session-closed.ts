// The error for what comes too late for a session.
import { McpSseError } from '../errors.js';

/** The error for what comes too late for a session. */
export function sessionClosed(cause?: unknown): McpSseError {
  return new McpSseError('session-closed', 'the session is closed', { cause });
}

/** The same one, made when somebody asks: its stack is 3 % of opening and closing a session. */
export function lazySessionClosed(cause?: unknown): () => McpSseError {
  let error: McpSseError | undefined;
  return () => (error ??= sessionClosed(cause));
}
