// An MCP server of the official SDK, version 2, over HTTP+SSE, which the SDK itself no longer serves.
//
//   npx tsx examples/sdk-v2/server.ts
import { McpServer } from '@modelcontextprotocol/server';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { z } from 'zod';

// Called once for each client that connects: an MCP server serves one session only.
function createServer(): McpServer {
  const server = new McpServer({ name: 'sdk-v2', version: '1.0.0' });

  server.registerTool(
    'greet',
    { description: 'Greets somebody', inputSchema: z.object({ name: z.string() }) },
    ({ name }) => ({ content: [{ type: 'text', text: `Hello, ${name}!` }] }),
  );

  // A tool sees the headers of the POST that called it.
  server.registerTool('user_agent', { description: 'Tells who is asking' }, (context) => {
    const agent = context.http?.req?.headers.get('user-agent') ?? 'nobody I know';
    return { content: [{ type: 'text', text: agent }] };
  });

  return server;
}

const app = express();
const mcp = mcpSse({ server: createServer });
app.use(mcp); // GET /sse and POST /message

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`MCP over HTTP+SSE: http://127.0.0.1:${port}/sse`);
});

// Lets running calls finish, then ends the streams and the process.
function stop(): void {
  void mcp.close().then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
