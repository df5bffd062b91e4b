// The log of errors where there is no `onError`.
import type { McpSseError, McpSseErrorCode } from '../../errors.js';
import { performance } from '../../util/timers.js';

/** Errors that are the server's own fault, which the client does not learn. */
const SERVER_FAULTS: ReadonlySet<McpSseErrorCode> = new Set([
  'adapter-unavailable',
  'hook-failed',
  'hook-timeout',
  'server-failed',
  'not-serializable',
  'invalid-event',
  'lock-reentered',
  'internal',
]);
const INTERVAL_MS = 1_000;

/**
 * Writes the server's own faults to `console.error` where the application has no `hooks.onError`,
 * each code once a second at most, with its cause.
 */
export class ErrorLog {
  readonly #loggedAt = new Map<McpSseErrorCode, number>();

  report(error: McpSseError): void {
    const { code } = error;
    const now = performance.now();
    if (!SERVER_FAULTS.has(code)) return;
    if (now - (this.#loggedAt.get(code) ?? -Infinity) < INTERVAL_MS) return;
    this.#loggedAt.set(code, now);
    try {
      console.error(`[express-mcp-sse] ${code}:`, error);
    } catch {
      // What was thrown may have a custom inspection that throws in its turn.
      console.error(`[express-mcp-sse] ${code}: ${error.message}`);
    }
  }
}
