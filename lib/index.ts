// The public names.
/**
 * The middleware, and what belongs to it.
 *
 * @module express-mcp-sse
 */
export { mcpSse, type McpSseRouter, type McpSseStats } from './mcp-sse.js';
export type { CloseOptions } from './options/close-options.js';
export type { ClusterStats } from './cluster/cluster-stats.js';
export type { Adapter } from './cluster/adapter/adapter.js';
export { McpSseError, type McpSseErrorCode } from './errors.js';
export {
  JsonRpcError,
  type JsonRpcFailure,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type JsonRpcResult,
  type RequestId,
} from './wire/json-rpc.js';
export type { Frame } from './wire/sse-encoder.js';
export {
  ConnectionWriter,
  type WriterObserver,
  type WriterOptions,
} from './stream/connection-writer.js';
export type { WritableResponse } from './stream/writable-response.js';
export type {
  KeepAliveOptions,
  LimitOptions,
  McpSseOptions,
  ResumeOptions,
  SecurityOptions,
  UsageOptions,
} from './options/options.js';
export type { CallOptions } from './session/inbound/pending-requests.js';
export type {
  McpSseChannels,
  PublishedMessage,
  PublishedUse,
} from './session/events/diagnostics.js';
export type { HandlerContext, MessageHandler } from './session/serve/message-handler.js';
export type { ClientInfo } from './session/inbound/handshake.js';
export type { EventsOptions, ServerEventBusLike, ServerEventLike } from './session/changes.js';
export type { BroadcastAudience } from './session/audience.js';
export type { SunsetOptions } from './options/sunset.js';
export type { SunsetCaller } from './session/sunset.js';
export type { McpSseHooks } from './session/events/hooks.js';
export type { MessageWatcher } from './session/events/message-watcher.js';
export type {
  McpServerLike,
  MessageExtra,
  ServerFactory,
  SessionContext,
  SessionTransport,
} from './session/serve/sdk-server.js';
export type { ScopeChallenge, ScopeChallengeResolver } from './session/serve/scope-challenge.js';
export type { AuthInfo, RequestFacts } from './session/request-facts.js';
export type { CloseReason, Session, Sessions } from './session/session.js';
export type { SessionStats, SessionTotals } from './session/events/statistics.js';
export type { McpSseUsage, UsageCaller, UsageRow } from './session/events/usage-rows.js';
