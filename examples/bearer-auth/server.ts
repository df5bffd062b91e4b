// Bearer tokens: who may connect, whose session it is, and what a tool knows of its caller.
//
//   npx tsx examples/bearer-auth/server.ts
//   curl -N -H 'Authorization: Bearer token-of-ada' http://127.0.0.1:3000/sse
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { McpSseError, mcpSse } from 'express-mcp-sse';
import { z } from 'zod';

interface User {
  readonly name: string;
  readonly closed?: boolean;
}

const users: Partial<Record<string, User>> = {
  u1: { name: 'Ada' },
  u2: { name: 'Bob' },
  u3: { name: 'Mallory', closed: true },
};

// For the example only: your verifier checks a signature, or asks your authorization server.
const tokens: Partial<Record<string, string>> = {
  'token-of-ada': 'u1',
  'renewed-token-of-ada': 'u1',
  'token-of-bob': 'u2',
  'token-of-mallory': 'u3',
};

async function verifyAccessToken(token: string): Promise<AuthInfo> {
  const sub = tokens[token];
  if (sub === undefined) throw new InvalidTokenError('Unknown token');
  const expiresAt = Math.floor(Date.now() / 1000) + 3600;
  return { token, clientId: 'example', scopes: ['mcp'], expiresAt, extra: { sub } };
}

/** The part of `req.auth`, as the middleware above the router sets it, that is used here. */
const auth = z.object({ extra: z.object({ sub: z.string() }) });

function createServer(user: User): McpServer {
  const server = new McpServer({ name: 'bearer-auth', version: '1.0.0' });
  // `authInfo` is that of the POST that called the tool, with its very token.
  server.registerTool('whoami', { description: 'Tells who is calling' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: `${user.name}, by ${authInfo?.token ?? 'no token'}` }],
  }));
  return server;
}

const app = express();
const mcp = mcpSse({
  hooks: {
    // Decides last who may connect. What it returns becomes `session.data`, type included.
    onConnect: (req) => {
      const user = users[auth.parse(req.auth).extra.sub];
      if (!user || user.closed) throw new McpSseError('forbidden', 'This account is closed');
      return user;
    },
    onSessionOpen: ({ data }) => {
      console.log(`${data.name} has connected`);
    },
  },
  server: ({ session }) => createServer(session.data),
  // A session belongs to the principal that opened it: nobody else can post to it, not even with
  // its id. Unless `security.principal` says otherwise, the principal is the client and subject
  // of `req.auth`: Ada stays Ada when her token is renewed.
  limits: { maxSessionsPerPrincipal: 5 },
});
// The middleware stands before the router, so that the stream and every POST pass it.
app.use(requireBearerAuth({ verifier: { verifyAccessToken } }), mcp);

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`MCP over HTTP+SSE: http://127.0.0.1:${port}/sse`);
});

// Lets running calls finish, then ends the streams and the process.
function stop(): void {
  void mcp.close().then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
