// Every client at one URL: HTTP+SSE, Streamable HTTP with `initialize`, and the newest protocol, which
// has neither sessions nor `initialize`. One factory makes the servers of all of them.
//
//   npx tsx examples/every-era/server.ts
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer, type McpServerFactory } from '@modelcontextprotocol/server';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { z } from 'zod';

/** What all clients share: a note, which tools change. */
let note = 'nothing yet';
const NOTE = 'note://today';

const factory: McpServerFactory = ({ era }) => {
  const server = new McpServer(
    { name: 'every-era', version: '1.0.0' },
    { capabilities: { resources: { subscribe: true } } },
  );
  server.registerTool(
    'add',
    { description: 'Adds two numbers', inputSchema: z.object({ a: z.number(), b: z.number() }) },
    ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }] }),
  );
  server.registerTool('era', { description: 'Says how the client is served' }, () => ({
    content: [{ type: 'text', text: era }],
  }));
  server.registerTool(
    'write',
    { description: 'Writes the note', inputSchema: z.object({ text: z.string() }) },
    ({ text }) => {
      note = text;
      // Clients of every era hear of it, if they have asked to.
      modern.notify.resourceUpdated(NOTE);
      return { content: [{ type: 'text', text: 'written' }] };
    },
  );
  server.registerResource('note', NOTE, { mimeType: 'text/plain' }, () => ({
    contents: [{ uri: NOTE, text: note }],
  }));
  // Clients with `initialize` subscribe by a request of their own, which needs an answer.
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));
  return server;
};

const modern = createMcpHandler(factory);

const app = express();
const mcp = mcpSse({
  server: factory,
  streamableHttp: toNodeHandler(modern),
  // What is published for clients of the newest protocol goes to sessions, too.
  events: modern.bus,
});
app.use(mcp, mcp.errorHandler);

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`MCP for clients of every era: http://127.0.0.1:${port}/sse`);
});

// Lets running calls finish, then ends the streams and the process.
function stop(): void {
  void mcp
    .close()
    .then(() => modern.close())
    .then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
