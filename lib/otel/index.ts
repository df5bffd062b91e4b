/**
 * `express-mcp-sse/otel`: traces and metrics by the conventions of OpenTelemetry for MCP.
 *
 * @module
 */
export { instrument, type InstrumentedRouter } from './instrument.js';
export type { InstrumentOptions } from './options.js';
