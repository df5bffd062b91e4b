// Loads the modules named on the command line, one after the other, each with what the pages take
// for granted as globals. Prints a line of JSON for each: its path, and what was wrong.
import { Server } from 'node:net';
import { pathToFileURL } from 'node:url';

import type { OAuthTokenVerifier } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { z } from 'zod';

import { localAdapter } from '../../../lib/adapter/index.js';
import { mcpSse } from '../../../lib/index.js';

const createMcpServer = (name = 'around'): McpServer => {
  const server = new McpServer({ name, version: '1.0.0' });
  server.registerTool('greet', { inputSchema: { name: z.string() } }, (args) => ({
    content: [{ type: 'text', text: `Hello, ${args.name}!` }],
  }));
  return server;
};

/** What the pages declare as the reader's own. */
const verifier: OAuthTokenVerifier = {
  verifyAccessToken: (token) => Promise.resolve({ token, clientId: 'spec', scopes: [] }),
};
const pass: express.RequestHandler = (_req, _res, next) => {
  next();
};

function surroundings(): Record<string, unknown> {
  const mcp = mcpSse({ server: () => createMcpServer() });
  const app = express().use(mcp);
  const own = { verifier, busAdapter: localAdapter(), operatorsOnly: pass, streamable: pass };
  return { app, mcp, mcpSse, z, createMcpServer, ...own };
}

// Port 3000 may be taken here. What listens is closed with the process.
const { listen } = Server.prototype;
Server.prototype.listen = function listenElsewhere(this: Server, ...args: unknown[]) {
  return Reflect.apply(listen, this, args[0] === 3000 ? [0, ...args.slice(1)] : args) as Server;
};

// Clients on the pages find a server.
const { AROUND = '' } = process.env;
express()
  .use(mcpSse({ server: () => createMcpServer() }))
  .listen(Number(AROUND), '127.0.0.1');

let complaints: string[] = [];
process.on('unhandledRejection', (reason) => complaints.push(`rejected: ${String(reason)}`));
process.on('uncaughtException', (error) => complaints.push(`thrown: ${String(error)}`));

for (const file of process.argv.slice(2)) {
  complaints = [];
  Object.assign(globalThis, surroundings());
  await import(pathToFileURL(file).href).catch((error: unknown) => complaints.push(String(error)));
  // What it has begun fails in one of the next turns, if it fails at once.
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  process.stdout.write(`\n@${JSON.stringify({ file, complaints })}\n`);
}
process.exit();
