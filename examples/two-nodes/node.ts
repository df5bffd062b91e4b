// One of the nodes. Several processes need no more than an adapter.
import type { AddressInfo } from 'node:net';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { redisAdapter } from 'express-mcp-sse/redis';
import { createClient } from 'redis';

const [, , name = 'node', redisUrl = ''] = process.argv;

const redis = createClient({ url: redisUrl });
redis.on('error', () => {
  // The adapter comes back by itself; without a listener the process would end.
});
await redis.connect();

function createMcpServer(): McpServer {
  const server = new McpServer({ name: 'two-nodes', version: '1.0.0' });
  server.registerTool('which_node', { description: 'Tells where you are' }, (extra) => {
    const entrance = String(extra.requestInfo?.headers['x-passed-to']);
    const text = `Your session lives on ${name}; this call came in by ${entrance}.`;
    return { content: [{ type: 'text', text }] };
  });
  return server;
}

const app = express();
const mcp = mcpSse({ server: createMcpServer, adapter: redisAdapter(redis) });
app.use(mcp);

const server = app.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});

const orphaned = (): never => process.exit();

// New requests go to the other node from now on, which passes on what is for this one.
process.once('SIGTERM', () => {
  server.close();
  void mcp.close().then(() => {
    server.closeIdleConnections();
    redis.destroy();
    process.off('disconnect', orphaned);
    process.disconnect();
  });
});
// Ctrl-C reaches all processes of a terminal; the first one asks this one to end.
process.on('SIGINT', () => undefined);
process.once('disconnect', orphaned);
