import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import express, { type RequestHandler } from 'express';

import { mcpSse, type McpSseOptions, type McpSseRouter } from '../../../lib/index.js';

export interface TestServerOptions {
  readonly mcp: McpSseOptions;
  /** In front of the router. */
  readonly middleware?: readonly RequestHandler[];
  readonly mount?: string;
  readonly trustProxy?: string;
}

/** An Express application with the router, on a free port of this process. */
export class TestServer {
  readonly mcp: McpSseRouter;
  /** Connections that were ever made to it. */
  connections = 0;
  readonly #server: Server;

  private constructor({ mcp, middleware = [], mount = '/', trustProxy }: TestServerOptions) {
    this.mcp = mcpSse(mcp);
    const app = express();
    if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
    for (const each of middleware) app.use(each);
    app.use(mount, this.mcp, this.mcp.errorHandler);
    this.#server = createServer(app).on('connection', () => (this.connections += 1));
  }

  static async open(options: TestServerOptions): Promise<TestServer> {
    const server = new TestServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Sends a numbered notification to every session. */
  notifyAll(number: number): void {
    const params = { level: 'info', data: number };
    this.mcp.broadcast({ jsonrpc: '2.0', method: 'notifications/message', params });
  }

  async close(): Promise<void> {
    await this.mcp.close({ timeoutMs: 200 });
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
