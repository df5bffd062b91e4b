import { createServer, type Server } from 'node:http';

import { Client, SSEClientTransport } from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { createMcpHandler } from '@modelcontextprotocol/server';
import express from 'express';

import { bridge, type Bridge, type BridgeOptions } from '../../lib/bridge/index.js';
import { mcpSse, type McpSseRouter } from '../../lib/index.js';

/** A bridge that is served. */
export interface Place {
  readonly url: string;
  readonly mcp: McpSseRouter;
  readonly upstream: Bridge;
  close(): Promise<void>;
}

export interface Content {
  content: { text: string }[];
}

export async function open(options: BridgeOptions): Promise<Place> {
  const upstream = bridge(options);
  const mcp = mcpSse({ server: upstream, resume: false });
  const app = express();
  app.use(mcp, mcp.errorHandler);
  const server = await listen(app);
  return {
    url: new URL('/sse', server.url).href,
    mcp,
    upstream,
    async close() {
      await mcp.close();
      await upstream.close();
      await server.close();
    },
  };
}

export async function connect(url: string): Promise<Client> {
  const client = new Client({ name: 'load', version: '1' }, { capabilities: { roots: {} } });
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///home' }] }));
  await client.connect(new SSEClientTransport(new URL(url)));
  return client;
}

export async function greet(client: Client, name: string): Promise<string> {
  const call = { name: 'greet', arguments: { name } };
  // Nothing here is about speed, and the machine may have other work.
  const { content } = (await client.callTool(call, { timeout: 300_000 })) as Content;
  return content[0]?.text ?? '';
}

type Listener = NonNullable<Parameters<typeof createServer>[1]>;

export function nodeListener(handler: ReturnType<typeof createMcpHandler>): Listener {
  const handle = toNodeHandler(handler);
  return (req, res) => void handle(req as Parameters<typeof handle>[0], res);
}

export async function listen(
  listener: Listener,
  port = 0,
): Promise<{ url: string; port: number; server: Server; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const at = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${at}/mcp`,
    port: at,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
