/**
 * `express-mcp-sse/bridge`: clients of HTTP+SSE in front of a server that does not speak it.
 *
 * @module
 */
export { bridge, type Bridge, type BridgeContext } from './bridge.js';
export type { BridgeHooks, BridgeOptions, UpstreamCommand, UpstreamState } from './options.js';
export type { BridgeEvent, UpstreamStats } from './statistics.js';
export { HopError, type HopErrorDetails, type HopErrorReason } from './hop-error.js';
