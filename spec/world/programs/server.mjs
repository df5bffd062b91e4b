// The MCP server of every row: three tools, as an application would have them.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

export function createServer() {
  const server = new McpServer({ name: 'world', version: '1.0.0' });
  server.registerTool('greet', {}, () => text('hello'));
  server.registerTool('large', {}, () => text('€'.repeat(300_000)));
  server.registerTool('count', {}, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken;
    for (const progress of [1, 2, 3]) {
      const params = { progressToken, progress, total: 3 };
      await sendNotification({ method: 'notifications/progress', params });
      // The client has it when it answers: the SDK's drops progress that comes with the result.
      await server.server.ping();
    }
    return text('counted');
  });
  return server;
}

const text = (value) => ({ content: [{ type: 'text', text: value }] });
