// Both transports in one application: Streamable HTTP for new clients, HTTP+SSE for those that
// speak nothing else yet, and the same tools for all.
//
//   npx tsx examples/beside-streamable-http/server.ts
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { localhostHostValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express, { type Request, type Response } from 'express';
import { mcpSse } from 'express-mcp-sse';
import { z } from 'zod';

function createServer(): McpServer {
  const server = new McpServer({ name: 'both-transports', version: '1.0.0' });
  server.registerTool(
    'add',
    { description: 'Adds two numbers', inputSchema: { a: z.number(), b: z.number() } },
    ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }] }),
  );
  return server;
}

const app = express();

// Streamable HTTP, without sessions: a server and a transport for each request. The check of the
// Host is that transport's counterpart of what mcpSse does by itself.
app.post('/mcp', localhostHostValidation(), express.json(), serveStreamableHttp);

async function serveStreamableHttp(req: Request, res: Response): Promise<void> {
  const server = createServer();
  const transport = new StreamableHTTPServerTransport();
  res.once('close', () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(req, res, req.body);
}

// HTTP+SSE: GET /sse and POST /message.
const mcp = mcpSse({ server: createServer });
app.use(mcp);

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`MCP over Streamable HTTP: http://127.0.0.1:${port}/mcp`);
  console.log(`MCP over HTTP+SSE: http://127.0.0.1:${port}/sse`);
});

// Answers that are being worked on still go out; then the streams end, and the process with them.
function stop(): void {
  void mcp.close().then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
