// The demo: four tools over the documentation of this repository for clients of every era, a page to
// try them with, and the dashboard. Needs Node and npm only.
//
//   npm run demo                 (on another port: PORT=4000 npm run demo)
import { fileURLToPath } from 'node:url';

import { toNodeHandler } from '@modelcontextprotocol/node';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { dashboard } from 'express-mcp-sse/dashboard';

import { readDocs } from './docs.js';
import { StreamableHttp } from './streamable-http.js';
import { createServer } from './tools.js';

const port = Number(process.env.PORT ?? 3000);
const origin = `http://127.0.0.1:${port}`;
const url = `${origin}/sse`;
const page = fileURLToPath(new URL('page', import.meta.url));

const sections = await readDocs();
const factory = () => createServer(sections);
const streamable = new StreamableHttp(factory);
const app = express();
const mcp = mcpSse({
  server: factory,
  streamableHttp: toNodeHandler(streamable),
  events: streamable.modern.bus,
  hooks: {
    onSessionOpen: ({ id }) => {
      console.log(`+ session ${id}`);
    },
    onReceive: (message, { id }) => {
      if ('method' in message) console.log(`  session ${id}: ${message.method}`);
    },
    onSessionClose: ({ id }, reason) => {
      console.log(`- session ${id}: ${reason}`);
    },
  },
});
app.use(mcp, mcp.errorHandler);
// There is no authentication: only for a server that listens on this machine.
app.use('/admin', dashboard(mcp, { allowClose: true }));
app.use(
  express.static(page, {
    setHeaders: (res) => res.setHeader('Content-Security-Policy', "default-src 'self'"),
  }),
);

const server = app.listen(port, '127.0.0.1', (error) => {
  if (error)
    throw new Error('The demo cannot listen: try PORT=4000 npm run demo', { cause: error });
  console.log(`
MCP at ${url}
  for clients of every era: HTTP+SSE, Streamable HTTP with and without sessions

  try it in a browser:  ${origin}/
  watch the sessions:   ${origin}/admin/

Connect
  any MCP client: give it the URL above
  the MCP Inspector in a browser (needs Node 22 or newer):
    npx @modelcontextprotocol/inspector --transport sse --server-url ${url}
  the MCP Inspector in a terminal:
    npx @modelcontextprotocol/inspector --cli ${url} --method tools/call --tool-name search_docs --tool-arg query=proxy
  the bare stream (closed after a minute, since curl does not initialize):
    curl -N ${url}

Tools: search_docs, count_words (progress, log messages, cancellation), summarise (sampling),
advise (elicitation)

Ctrl-C stops.
`);
});

// Lets running calls finish, then ends the streams and the process.
function stop(): void {
  console.log('Stopping');
  void mcp
    .close()
    .then(() => streamable.close())
    .then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
