/**
 * `express-mcp-sse/client`: for clients that resume a lost stream.
 *
 * @module
 */
export { resumableFetch, type FetchLike } from './resumable-fetch.js';
