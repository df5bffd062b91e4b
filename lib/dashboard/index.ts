/**
 * `express-mcp-sse/dashboard`: a live page about the sessions.
 *
 * @module
 */
export { dashboard, type DashboardSource } from './dashboard.js';
export type { DashboardOptions } from './options.js';
