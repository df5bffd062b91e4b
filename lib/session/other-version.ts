// The error for data of another node that this version of the package does not know.
import { McpSseError, type McpSseErrorCode } from '../errors.js';

/** @param what the data, with its article */
export function otherVersion(what: string, code: McpSseErrorCode = 'invalid-message'): McpSseError {
  return new McpSseError(
    code,
    `another node has sent ${what}: run the same version of express-mcp-sse on all nodes`,
  );
}
