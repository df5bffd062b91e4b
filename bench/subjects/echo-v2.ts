import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** A v2 server with the one tool, for one session. */
export function echoV2(): McpServer {
  const server = new McpServer({ name: 'echo', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
}
