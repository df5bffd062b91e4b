// The options of `openSession`.
import type { OutgoingHttpHeaders } from 'node:http';

/** The parameters of `initialize`; each has a default. */
export interface InitializeParams {
  /** @defaultValue '2025-11-25', the newest whose clients speak HTTP+SSE */
  protocolVersion?: string;
  /**
   * What the server may request from the client, such as `{ sampling: {} }`. SDK servers request
   * nothing else.
   * @defaultValue {}
   */
  capabilities?: Record<string, unknown>;
  clientInfo?: { name: string; version: string; [more: string]: unknown };
  [more: string]: unknown;
}

export interface OpenSessionOptions {
  /**
   * The path of the stream, appended to the base URL; a query may follow.
   * @defaultValue '/sse'
   */
  path?: string;
  /** Sent with the stream's GET and with every POST, as in `{ Authorization: 'Bearer …' }`. */
  headers?: OutgoingHttpHeaders;
  /**
   * Milliseconds to wait for the stream, an answer, or a message. Cannot be turned off; `Infinity`
   * means 24 days.
   * @defaultValue 5,000
   */
  timeoutMs?: number;
  /**
   * Whether to send `initialize` and `notifications/initialized`, and with which parameters.
   * `false` leaves the handshake to the test.
   * @defaultValue true
   */
  initialize?: boolean | InitializeParams;
}

/** The options, checked, with all defaults. */
export interface Settings {
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly timeoutMs: number;
  /** Undefined for no handshake. */
  readonly initialize: InitializeParams | undefined;
}

const INITIALIZE: InitializeParams = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'express-mcp-sse/testing', version: '1.0.0' },
};

/** @throws TypeError for an unknown option: a misspelt one would silently do nothing. */
export function settingsFrom(options: OpenSessionOptions): Settings {
  const { path = '/sse', headers = {}, timeoutMs = 5_000, initialize = true, ...rest } = options;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    const known = 'path, headers, timeoutMs, initialize';
    throw new TypeError(`openSession: unknown option "${unknown}"; the options are ${known}`);
  }
  if (!(timeoutMs > 0)) throw new TypeError('openSession: timeoutMs must be a positive number');
  const params = typeof initialize === 'object' ? { ...INITIALIZE, ...initialize } : INITIALIZE;
  return { path, headers, timeoutMs, initialize: initialize === false ? undefined : params };
}
