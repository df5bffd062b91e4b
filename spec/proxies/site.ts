import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express, { type Express, type RequestHandler } from 'express';
import { z } from 'zod';

import { mcpSse, type McpSseOptions, type McpSseRouter } from '../../lib/index.js';

/** How a server is set up, or broken on purpose. */
export interface SiteOptions {
  readonly options?: Omit<McpSseOptions, 'server' | 'handler'>;
  /** Middleware in front. */
  readonly front?: readonly RequestHandler[];
  readonly mount?: string;
  readonly trustProxy?: string;
}

/** A server with one tool. */
export class Site {
  readonly mcp: McpSseRouter;
  /** Connections that were ever made to it. */
  connections = 0;
  readonly #server: Server;

  private constructor({ options, front = [], mount = '/', trustProxy }: SiteOptions) {
    this.mcp = mcpSse({ ...options, server: createMcpServer });
    const app: Express = express();
    if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
    for (const middleware of front) app.use(middleware);
    app.use(mount, this.mcp, this.mcp.errorHandler);
    this.#server = createServer(app).on('connection', () => (this.connections += 1));
  }

  static async open(options: SiteOptions): Promise<Site> {
    const site = new Site(options);
    await new Promise<void>((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    return site;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await this.mcp.close({ timeoutMs: 200 });
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function createMcpServer(): McpServer {
  const server = new McpServer({ name: 'behind', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
}
