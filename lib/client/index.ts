/**
 * `express-mcp-sse/client`: for clients that come back to a lost stream.
 *
 * @module
 */
export { resumableFetch, type FetchLike } from './resumable-fetch.js';
