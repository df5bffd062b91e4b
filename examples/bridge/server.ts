// Clients of HTTP+SSE in front of a server that does not speak it: one with a URL, or a command.
//
//   npx tsx examples/bridge/server.ts                             the stdio server beside this file
//   npx tsx examples/bridge/server.ts https://tools.example/mcp   a server with a URL
import { fileURLToPath } from 'node:url';

import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { bridge } from 'express-mcp-sse/bridge';
import { dashboard } from 'express-mcp-sse/dashboard';

import { prometheusOf } from './prometheus.js';

const [url] = process.argv.slice(2);
const script = fileURLToPath(new URL('stdio-server.ts', import.meta.url));

const upstream = bridge({
  upstream: url ?? { command: 'npx', args: ['tsx', script] },
  hooks: {
    onUpstream: ({ state, era }) => console.log(`upstream ${state} ${era ?? ''}`.trimEnd()),
    onError: ({ message }) => console.error(message),
    onStderr: (line) => console.error(line),
  },
});

const app = express();
const mcp = mcpSse({ server: upstream });
app.use(mcp); // GET /sse and POST /message
app.use('/dashboard', dashboard(mcp)); // names the upstream of each session
const prometheus = prometheusOf(upstream);
app.get('/metrics', async (_req, res) => {
  res.type(prometheus.contentType).send(await prometheus.metrics());
});

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`MCP over HTTP+SSE: http://127.0.0.1:${port}/sse`);
  console.log(`Dashboard:         http://127.0.0.1:${port}/dashboard`);
  console.log(`Prometheus:        http://127.0.0.1:${port}/metrics`);
});

// Closes the sessions first, then their upstreams; then nothing keeps the process alive.
function stop(): void {
  void mcp
    .close()
    .then(() => upstream.close())
    .then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
