/**
 * The middleware, and what belongs to it.
 *
 * @module express-mcp-sse
 */
export {
  mcpSse,
  type BroadcastOptions,
  type McpSseRouter,
  type McpSseStats,
  type Sessions,
} from './mcp-sse.js';
export type { ClusterStats } from './cluster/dispatcher.js';
export { localAdapter } from './cluster/adapter/local-adapter.js';
export {
  EVERYONE,
  type Adapter,
  type AdapterListener,
  type AdapterMember,
} from './cluster/adapter/adapter.js';
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
} from './options/options.js';
export type { CallOptions } from './session/inbound/pending-requests.js';
export type { McpSseChannels, PublishedMessage } from './session/events/diagnostics.js';
export type { HandlerContext, MessageHandler } from './session/serve/handler.js';
export type { ClientInfo } from './session/inbound/handshake.js';
export type { McpSseHooks } from './session/events/session-events.js';
export type {
  McpServerLike,
  MessageExtra,
  ServerFactory,
  SessionContext,
  SessionTransport,
} from './session/serve/sdk-server.js';
export type { McpSseRequest, RequestFacts } from './session/request-facts.js';
export type { CloseReason, Session } from './session/session.js';
export type { SessionStats } from './session/events/statistics.js';
export { watchMessages, type MessageWatcher } from './session/events/watch-messages.js';
