// The server of examples/everything behind a bridge: by Streamable HTTP at /sse, by stdio at
// /stdio/sse.
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { bridge } from 'express-mcp-sse/bridge';

import { createServer } from '../../examples/everything/mcp-server.js';
import { v1Listener } from '../../spec/bridge/v1-listener.js';

const upstream = createHttpServer(v1Listener(createServer).listener);
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
const { port } = upstream.address() as AddressInfo;
const script = fileURLToPath(new URL('stdio.ts', import.meta.url));

const app = express();
app.use(mcpSse({ server: bridge({ upstream: `http://127.0.0.1:${port}/mcp` }) }));
const args = ['--import', 'tsx', script];
app.use('/stdio', mcpSse({ server: bridge({ upstream: { command: process.execPath, args } }) }));
app.listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log('listening');
});
