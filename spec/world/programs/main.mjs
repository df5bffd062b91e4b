// One row: `main.mjs KIND NAME`, where the kind is middleware, host or page. Prints where it listens as JSON; a
// second server tells how many clients are connected, and whether the middleware was at work.
import { createServer } from 'node:http';

import { mcpSse } from 'express-mcp-sse';

import { startPage } from './page.mjs';
import { createServer as createMcpServer } from './server.mjs';

const [kind, name] = process.argv.slice(2);
const start = { host: startHost, middleware: startMiddleware, page: startPage };
const started = await start[kind](name);
const control = createServer(async (_req, res) => {
  const open = [...started.mcp.sessions].filter(({ state }) => state === 'open');
  const failed = started.errors.map(({ code, message }) => `${code}: ${message}`);
  res.end(
    JSON.stringify({ open: open.length, failed, evidence: (await started.evidence?.()) ?? true }),
  );
});
await new Promise((resolve) => control.listen(0, '127.0.0.1', resolve));
const { server, scheme = 'http', path = '', socketPath, header } = started;
const port = socketPath ? undefined : server.address().port;
console.log(
  JSON.stringify({
    world: { scheme, path, socketPath, header, port, control: control.address().port },
  }),
);

function make(options) {
  const errors = [];
  const hooks = { onError: (error) => errors.push(error) };
  return { errors, mcp: mcpSse({ server: createMcpServer, hooks, ...options }) };
}

async function startHost() {
  const { hosts } = await import('./hosts.mjs');
  const made = make({});
  const host = await hosts[name](made.mcp);
  return { ...made, ...('server' in host && 'address' in host.server ? host : { server: host }) };
}

async function startMiddleware() {
  const { middleware } = await import('./middleware.mjs');
  const { default: express } = await import('express');
  const app = express();
  const { options, ...row } = await middleware[name](app, { express, createServer });
  const made = make(options);
  app.use(made.mcp, made.mcp.errorHandler);
  const server = row.server ?? createServer(app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { ...made, ...row, server };
}
