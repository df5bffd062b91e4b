// Logs errors if the application has no `onError`.
import type { McpSseError, McpSseErrorCode } from '../../errors.js';
import { performance } from '../../util/timers.js';

/** Faults of the server, which no client learns. */
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
 * Writes faults of the server to `console.error` if the application has no `hooks.onError`: each
 * code at most once a second, with its cause.
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
      // The cause may have a custom inspection that throws.
      console.error(`[express-mcp-sse] ${code}: ${error.message}`);
    }
  }
}
