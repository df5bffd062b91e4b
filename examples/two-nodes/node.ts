// One of the nodes. Several processes need no more than an adapter.
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpSse, type Session } from 'express-mcp-sse';
import { redisAdapter } from 'express-mcp-sse/redis';
import { createClient } from 'redis';

const [, , name = 'node', redisUrl = ''] = process.argv;

const redis = createClient({ url: redisUrl });
redis.on('error', () => {
  // The adapter reconnects by itself; without a listener an error would end the process.
});
await redis.connect();

// Plain JSON, so it moves along when the session goes to the other node.
interface Data {
  count: number;
}

function createMcpServer(session: Session<Data>): McpServer {
  const server = new McpServer({ name: 'two-nodes', version: '1.0.0' });
  server.registerTool('which_node', { description: 'Tells where you are' }, (extra) => {
    const entrance = String(extra.requestInfo?.headers['x-passed-to']);
    const text = `Your session lives on ${name}; this call came in by ${entrance}.`;
    return { content: [{ type: 'text', text }] };
  });
  server.registerTool('count', { description: 'Counts your calls' }, () => {
    session.data.count += 1;
    return { content: [{ type: 'text', text: `${session.data.count}, says ${name}` }] };
  });
  return server;
}

const app = express();
const mcp = mcpSse<Data>({
  server: ({ session }) => createMcpServer(session),
  adapter: redisAdapter(redis),
  hooks: { onConnect: () => ({ count: 0 }) },
});
app.use(mcp);

// Before that it could not pass on requests for the other node.
while (mcp.stats().cluster?.up === false) await setTimeout(10);
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});

const orphaned = (): never => process.exit();

// From now on new requests go to the other node. It passes on those for this node, and then takes over
// the sessions: a deploy ends none of them.
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
