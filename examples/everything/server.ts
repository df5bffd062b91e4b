// A server with everything that MCP 2025-11-25 has to offer: all kinds of content, resources,
// templates, subscriptions, prompts, completion, log messages, progress, sampling, elicitation.
//
//   npx tsx examples/everything/server.ts
//
// The names of tools, resources and prompts are those that the conformance suite of the protocol
// asks for: `npm run test:conformance` runs it against this file.
import express from 'express';
import { mcpSse } from 'express-mcp-sse';

import { createServer } from './mcp-server.js';

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
