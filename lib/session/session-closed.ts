// The error for what comes too late for a session.
import { McpSseError } from '../errors.js';

/** The error for what comes too late for a session. */
export function sessionClosed(cause?: unknown): McpSseError {
  return new McpSseError('session-closed', 'the session is closed', { cause });
}
