// The server of `mcpSse()` without options.
import { isRequest, JsonRpcError, RpcCode } from '../../wire/json-rpc.js';
import type { MessageHandler } from './message-handler.js';

/** The protocol versions whose clients speak HTTP+SSE, oldest first. */
const PROTOCOL_VERSIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;
const LATEST = '2025-11-25';

/** The server of `mcpSse()` without options: a valid MCP server without tools. */
export const defaultServer: MessageHandler = (message) => {
  if (!isRequest(message)) return undefined;
  switch (message.method) {
    case 'initialize':
      return {
        // [spec] The requested version if the server supports it, otherwise its own latest.
        protocolVersion:
          PROTOCOL_VERSIONS.find((version) => version === message.params?.protocolVersion) ??
          LATEST,
        capabilities: { tools: {}, resources: {}, prompts: {} },
        serverInfo: { name: 'express-mcp-sse', version: '1.0.0' },
      };
    case 'ping':
      return {};
    case 'tools/list':
      return { tools: [] };
    case 'resources/list':
      return { resources: [] };
    case 'resources/templates/list':
      return { resourceTemplates: [] };
    case 'prompts/list':
      return { prompts: [] };
    default:
      throw new JsonRpcError(RpcCode.methodNotFound, 'Method not found');
  }
};
