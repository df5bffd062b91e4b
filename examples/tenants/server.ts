// Many tenants on one router: each below a path of its own, with a key, an MCP server, and sessions
// that no other tenant can reach. They may come and go while the application runs. (examples/sub-path
// shows the other way: a router for each.)
//
//   npx tsx examples/tenants/server.ts
//   curl -N -H 'X-Api-Key: key-of-acme' http://127.0.0.1:3000/acme/sse
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express, { type Request, type RequestHandler } from 'express';
import { McpSseError, mcpSse } from 'express-mcp-sse';

interface Tenant {
  readonly id: string;
  readonly key: string;
  readonly motto: string;
}

// For the example only: yours are in a database.
const tenants = new Map<string, Tenant>(
  [
    { id: 'acme', key: 'key-of-acme', motto: 'Quality is our recipe' },
    { id: 'globex', key: 'key-of-globex', motto: 'What is past is prologue' },
  ].map((tenant) => [tenant.id, tenant]),
);

/** By the path that the router is mounted at: `/acme`. `req.params` belongs to the outer route. */
function tenantOf({ baseUrl }: Request): Tenant {
  const tenant = tenants.get(baseUrl.slice(1));
  if (!tenant) throw new McpSseError('forbidden', 'Who are you?');
  return tenant;
}

/** The same answer for an unknown tenant and a wrong key. */
const requireKey: RequestHandler = (req, res, next) => {
  const tenant = tenants.get(req.baseUrl.slice(1));
  if (tenant && tenant.key === req.headers['x-api-key']) next();
  else res.status(401).json({ error: 'unknown tenant or wrong key' });
};

function createServer({ id, motto }: Tenant): McpServer {
  const server = new McpServer({ name: id, version: '1.0.0' });
  server.registerTool('motto', { description: `The motto of ${id}` }, () => ({
    content: [{ type: 'text', text: motto }],
  }));
  return server;
}

const mcp = mcpSse({
  hooks: { onConnect: (req: Request) => tenantOf(req) },
  server: ({ session }) => createServer(session.data),
  // A session is its tenant's: a POST below another path gets 404, with the right id too.
  security: { principal: (req) => tenantOf(req).id },
  limits: { maxSessionsPerPrincipal: 100 }, // one tenant cannot take the places of the others
});

const app = express();
// GET /acme/sse, POST /acme/message, GET /globex/sse, …
app.use('/:tenant', requireKey, mcp);

// Behind the same check: tells all clients of one tenant, and nobody else.
app.post('/:tenant/refresh', (req, res) => {
  const { tenant } = req.params;
  const notification = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' } as const;
  res.json({ told: mcp.broadcast(notification, { principal: tenant }) });
});

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  for (const id of tenants.keys()) {
    console.log(`MCP over HTTP+SSE: http://127.0.0.1:${port}/${id}/sse`);
  }
});

// Lets running calls finish, then ends the streams and the process.
function stop(): void {
  void mcp.close().then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
