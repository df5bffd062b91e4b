// Several MCP servers below /api/v1 of one application, each with sessions and limits of its own.
//
//   npx tsx examples/sub-path/server.ts
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';

interface Tenant {
  readonly name: string;
  readonly motto: string;
  readonly sessions: number;
}

const tenants: Tenant[] = [
  { name: 'acme', motto: 'Quality is our recipe', sessions: 500 },
  { name: 'globex', motto: 'What is past is prologue', sessions: 20 },
];

function createServer({ name, motto }: Tenant): McpServer {
  const server = new McpServer({ name, version: '1.0.0' });
  server.registerTool('motto', { description: `The motto of ${name}` }, () => ({
    content: [{ type: 'text', text: motto }],
  }));
  return server;
}

const app = express();
const routers = tenants.map((tenant) => {
  const mcp = mcpSse({
    server: () => createServer(tenant),
    limits: { maxSessions: tenant.sessions },
  });
  // GET /api/v1/acme/sse, POST /api/v1/acme/message, … The announced URL follows the mount.
  app.use(`/api/v1/${tenant.name}`, mcp);
  return { tenant, mcp };
});

// Each router counts for itself.
app.get('/api/v1/stats', (_req, res) => {
  res.json(Object.fromEntries(routers.map(({ tenant, mcp }) => [tenant.name, mcp.stats()])));
});

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  for (const { name } of tenants) {
    console.log(`MCP over HTTP+SSE: http://127.0.0.1:${port}/api/v1/${name}/sse`);
  }
});

// Lets running calls finish, then ends the streams and the process.
function stop(): void {
  void Promise.all(routers.map(({ mcp }) => mcp.close())).then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
