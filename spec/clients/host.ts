import type { RequestHandler } from 'express';

import { createServer as createEverything } from '../../examples/everything/mcp-server.js';
import type { McpSseOptions, McpSseRouter } from '../../lib/index.js';
import { TcpRelay } from '../support/program/tcp-relay.js';
import { TestServer } from '../support/program/test-server.js';

/** The server of examples/everything, behind a relay that can cut streams. */
export class Host {
  private constructor(
    private readonly server: TestServer,
    private readonly relay: TcpRelay,
  ) {}

  static async open(options: McpSseOptions = {}): Promise<Host> {
    // Clients come back at once.
    const mcp = { server: createEverything, resume: { retryMs: 50 }, ...options };
    const server = await TestServer.open({ mcp, middleware: [page] });
    return new Host(server, await TcpRelay.to(server.port));
  }

  get mcp(): McpSseRouter {
    return this.server.mcp;
  }

  get url(): string {
    return `http://127.0.0.1:${this.relay.port}`;
  }

  /** Clients that are connected now. */
  get connected(): number {
    return [...this.mcp.sessions].filter(({ state }) => state === 'open').length;
  }

  /** Sends a numbered notification to every client. */
  notifyAll(number: number): void {
    this.server.notifyAll(number);
  }

  /** Cuts the streams that are open now; POSTs pass. */
  cut(): void {
    this.relay.cutStreams();
  }

  async close(): Promise<void> {
    await this.server.close();
    this.relay.close();
  }
}

/** For a browser: a page of the server's own origin. */
const page: RequestHandler = (req, res, next) => {
  if (req.path !== '/page') next();
  else res.type('html').send('<!doctype html><title>page</title>');
};
