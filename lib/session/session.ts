// A session as the application sees it; close reasons; limits.
import type { JsonRpcMessage } from '../wire/json-rpc.js';
import type { CallOptions } from './inbound/pending-requests.js';
import type { ClientInfo } from './inbound/handshake.js';
import type { RequestFacts } from './request-facts.js';

/** Why a session ended. `session.close(reason)` may name a reason of the application's own. */
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
  // Keeps the names above as suggestions while any string is taken.
  | (string & {});

/** After these reasons there is no reader left. */
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
  /** Names the session in POST URLs. Not an authentication: URLs end up in logs. */
  readonly id: string;
  /** `detached`: the session lives and no stream is attached to it. */
  readonly state: 'open' | 'detached' | 'closed';
  /** Who opened it, by `security.principal`; only they may post to it. */
  readonly principal: string | undefined;
  /** What `hooks.onConnect` returned. */
  readonly data: Data;
  /** From `initialize`; undefined before it. */
  readonly clientInfo: ClientInfo | undefined;
  readonly clientCapabilities: Readonly<Record<string, unknown>> | undefined;
  /** As negotiated by the server's answer to `initialize`. */
  readonly protocolVersion: string | undefined;
  /** Aborted when the session closes; its reason is an `McpSseError` `session-closed`. */
  readonly signal: AbortSignal;
  readonly openedAt: Date;
  /** When the last message went in or out; keep-alives do not count. */
  readonly lastActiveAt: Date;
  /** Messages taken from the client, and accepted for its stream. */
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Bytes of messages accepted and not yet handed to the socket. */
  readonly bufferedBytes: number;
  /** Requests of the client that are not answered yet. */
  readonly inFlight: number;
  /**
   * Sends any JSON-RPC message. Resolves at once while less than 64 KiB wait, and else when there
   * is room again, so awaiting it is backpressure. It need not be awaited.
   *
   * @throws McpSseError (as a rejection) `session-closed` or `not-serializable`.
   */
  send(message: JsonRpcMessage): Promise<void>;
  /** Sends a notification; like `send`. */
  notify(method: string, params?: Record<string, unknown>): Promise<void>;
  /**
   * Sends a request and resolves with its result.
   *
   * @throws JsonRpcError (as a rejection) when the client answers with an error; McpSseError
   * `request-timeout` when it does not answer, `session-closed` when the session ends first.
   */
  request(
    method: string,
    params?: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<Record<string, unknown>>;
  /** Ends the session; what is already sent still goes out. The first call's reason counts. */
  close(reason?: CloseReason): void;
}

/** The sessions of a router: iterable, and a look-up by id. */
export interface Sessions<Data = unknown> extends Iterable<Session<Data>> {
  readonly size: number;
  get(id: string): Session<Data> | undefined;
}

/** Takes the messages of the client: an MCP server, a handler, the default server. */
export interface MessageSink {
  /** Whether it releases each request when its work is over, one that was cancelled too. */
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
