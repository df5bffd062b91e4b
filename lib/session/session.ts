// A session as the application sees it; close reasons; limits.
import type { JsonRpcMessage } from '../wire/json-rpc.js';
import type { CallOptions } from './inbound/pending-requests.js';
import type { ClientInfo } from './inbound/handshake.js';
import type { RequestFacts } from './request-facts.js';

/** Why a session ended. An application may pass reasons of its own to `session.close(reason)`. */
export type CloseReason =
  | 'client-disconnected'
  | 'server-closed'
  | 'shutdown'
  | 'write-timeout'
  | 'buffer-overflow'
  | 'write-failed'
  | 'ping-timeout'
  | 'initialize-timeout'
  | 'idle-timeout'
  | 'replay-evicted'
  | 'over-budget'
  | 'sunset'
  /** When this node shut down, no other node could continue it: their servers offer less. */
  | 'restore-failed'
  // Editors suggest the names above, and any other string is accepted.
  | (string & {});

/** Reasons after which the client reads no more. */
export const ABRUPT: ReadonlySet<CloseReason> = new Set([
  'client-disconnected',
  'write-timeout',
  'buffer-overflow',
  'write-failed',
  'ping-timeout',
  'over-budget',
]);

/** One client's session, as the application sees it. */
export interface Session<Data = unknown> {
  /** The id in POST URLs. It does not authenticate the client, because URLs end up in logs. */
  readonly id: string;
  /** `detached`: the session lives without a stream. */
  readonly state: 'open' | 'detached' | 'closed';
  /**
   * The caller that opened the session, by `security.principal`. No other caller can post to it.
   */
  readonly principal: string | undefined;
  /** The return value of `hooks.onConnect`. */
  readonly data: Data;
  /** From `initialize`; undefined before it. */
  readonly clientInfo: ClientInfo | undefined;
  readonly clientCapabilities: Readonly<Record<string, unknown>> | undefined;
  /** From the server's answer to `initialize`; undefined before it. */
  readonly serverCapabilities: Readonly<Record<string, unknown>> | undefined;
  /** From the server's answer to `initialize`; undefined before it. */
  readonly protocolVersion: string | undefined;
  /** Aborted when the session closes; its reason is an `McpSseError` `session-closed`. */
  readonly signal: AbortSignal;
  readonly openedAt: Date;
  /** The time of the last message in either direction. Keep-alives do not count. */
  readonly lastActiveAt: Date;
  /** Messages accepted from the client, and messages accepted for its stream. */
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Bytes of messages accepted and not yet handed to the socket. */
  readonly bufferedBytes: number;
  /** Requests of the client that are not answered yet. */
  readonly inFlight: number;
  /**
   * Sends any JSON-RPC message. Resolves at once while less than 64 KiB wait, otherwise when there
   * is room again. Await it for backpressure; you need not.
   *
   * @throws McpSseError (as a rejection) `session-closed` or `not-serializable`.
   */
  send(message: JsonRpcMessage): Promise<void>;
  /** Sends a notification; like `send`. */
  notify(method: string, params?: Record<string, unknown>): Promise<void>;
  /**
   * Sends a request and resolves with its result.
   *
   * @throws JsonRpcError (as a rejection) if the client answers with an error; McpSseError
   * `request-timeout` if it does not answer, `session-closed` if the session ends first.
   */
  request(
    method: string,
    params?: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<Record<string, unknown>>;
  /** Ends the session; messages sent before still go out. The reason of the first call counts. */
  close(reason?: CloseReason): void;
}

/** The sessions of a router: iterable, with a look-up by id. */
export interface Sessions<Data = unknown> extends Iterable<Session<Data>> {
  readonly size: number;
  get(id: string): Session<Data> | undefined;
}

/** Takes the messages of the client: an MCP server, a handler, the default server. */
export interface MessageSink {
  /** Whether it releases every request when its work is over, cancelled ones included. */
  readonly reportsCompletion: boolean;
  receive(message: JsonRpcMessage, facts: RequestFacts): void;
  /** The session is over. Called once. */
  closed(): void;
}

export interface SessionLimits {
  readonly maxBufferedBytes: number;
  readonly writeTimeoutMs: number;
  readonly maxConcurrentRequests: number;
  /** For a client that may come back. */
  readonly maxEvents: number;
  readonly maxBytes: number;
}
