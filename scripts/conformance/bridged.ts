// The server of examples/everything behind a bridge: by Streamable HTTP at /sse, by stdio at
// /stdio/sse. At /modern/sse a server of the same tools that speaks 2026-07-28 and nothing else.
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { bridge } from 'express-mcp-sse/bridge';

import { createServer } from '../../examples/everything/mcp-server.js';
import { v1Listener } from '../../spec/bridge/v1-listener.js';
import { createModernServer } from './modern-server.js';

type Listener = NonNullable<Parameters<typeof createHttpServer>[1]>;

async function listening(listener: Listener): Promise<string> {
  const server = createHttpServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

const legacy = await listening(v1Listener(createServer).listener);
const handle = toNodeHandler(createMcpHandler(createModernServer, { legacy: 'reject' }));
const modern = await listening((req, res) => {
  // Its types want `method` and `url`, which Node's requests have.
  void handle(req as Parameters<typeof handle>[0], res);
});
const script = fileURLToPath(new URL('stdio.ts', import.meta.url));

const app = express();
app.use(mcpSse({ server: bridge({ upstream: legacy }) }));
app.use('/modern', mcpSse({ server: bridge({ upstream: modern }) }));
const args = ['--import', 'tsx', script];
app.use('/stdio', mcpSse({ server: bridge({ upstream: { command: process.execPath, args } }) }));
app.listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log('listening');
});
