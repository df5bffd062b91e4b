// A server that speaks stdio only, as many do.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'stdio-only', version: '1.0.0' });
server.registerTool(
  'greet',
  { description: 'Greets somebody', inputSchema: { name: z.string() } },
  ({ name }) => ({ content: [{ type: 'text', text: `Hello, ${name}!` }] }),
);
await server.connect(new StdioServerTransport());
