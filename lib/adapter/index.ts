/**
 * `express-mcp-sse/adapter`: what authors of adapters need, and the adapter of one process.
 *
 * @module
 */
export {
  EVERYONE,
  type Adapter,
  type AdapterListener,
  type AdapterMember,
  type NodeNames,
} from '../cluster/adapter/adapter.js';
export { localAdapter } from '../cluster/adapter/local-adapter.js';
export { signedAdapter, type AdapterSecret } from '../cluster/adapter/signed-adapter.js';
