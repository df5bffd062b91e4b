// The command `demo`: a server to try clients of every era with.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type * as nodeAdapter from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import express from 'express';

import { dashboard } from '../dashboard/index.js';
import { mcpSse } from '../index.js';
import type { DemoArguments } from './command-line.js';
import { createDemoServer } from './demo-server.js';
import { StreamableSessions } from './streamable-sessions.js';
import { say, sayWhoComes, signalled } from './terminal.js';

/** Resolves after a clean end. @throws Error, with a text for the user */
export async function runDemo({ port }: DemoArguments): Promise<void> {
  // A variable hides the name from tsc: the package is not a dependency of this one.
  const name = '@modelcontextprotocol/node';
  const { toNodeHandler } = (await import(name)) as typeof nodeAdapter;
  const modern = createMcpHandler(createDemoServer);
  const sessions = new StreamableSessions(createDemoServer, modern);
  const mcp = mcpSse({
    server: createDemoServer,
    streamableHttp: toNodeHandler(sessions),
    events: modern.bus,
    hooks: sayWhoComes,
  });
  const app = express().disable('x-powered-by');
  app.use(mcp, mcp.errorHandler);
  // The dashboard has no login: the server listens on this machine only.
  app.use('/dashboard', dashboard(mcp, { allowClose: true }));
  const server = createServer(app);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  process.stdout.write(greeting(server));
  await signalled();
  say('ending');
  await mcp.close();
  await sessions.close();
  await modern.close();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  say('ended');
}

function greeting(server: Server): string {
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return `An MCP server for clients of every era: ${origin}/sse
  HTTP+SSE, Streamable HTTP with sessions (2025), and without (2026-07-28)
  dashboard: ${origin}/dashboard/
  try it:    npx @modelcontextprotocol/inspector --cli ${origin}/sse --method tools/call --tool-name how
  tools:     how, count (progress), greet (elicitation)

`;
}
