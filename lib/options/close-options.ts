// The options of `close()`, and how they are checked.
import { McpSseError } from '../errors.js';
import { describeValue } from '../util/describe-value.js';
import { isRecord } from '../util/guards.js';

/** How a router shuts down. */
export interface CloseOptions {
  /**
   * Milliseconds for requests in flight.
   * @defaultValue 10,000
   */
  timeoutMs?: number;
  /**
   * Whether sessions go on at other nodes of the `adapter`. `false` ends them.
   * @defaultValue true
   */
  handOver?: boolean;
}

/**
 * Completes the options. Anything but an object counts as no options, because applications pass
 * `close` as a listener (`process.once('SIGTERM', mcp.close)`).
 *
 * @throws McpSseError `invalid-option`: `NaN` for a time would cut off every request at once
 */
export function closeOptionsOf(given: unknown): Required<CloseOptions> {
  const { timeoutMs = 10_000, handOver = true } = isRecord(given) ? given : {};
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 0)) {
    throw invalid(`timeoutMs must be milliseconds, 0 or more; it is ${describeValue(timeoutMs)}`);
  }
  if (typeof handOver !== 'boolean') {
    throw invalid(`handOver must be true or false; it is ${describeValue(handOver)}`);
  }
  return { timeoutMs, handOver };
}

const invalid = (what: string): McpSseError =>
  new McpSseError('invalid-option', `close(): ${what}`);
