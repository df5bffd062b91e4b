import { createServer, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';

import express from 'express';

import { createServer as createEverything } from '../../examples/everything/mcp-server.js';
import { mcpSse, type McpSseOptions, type McpSseRouter } from '../../lib/index.js';

/** The server of examples/everything, behind a relay that can cut streams. */
export class Host {
  readonly mcp: McpSseRouter;
  readonly #server: Server;
  readonly #relay = createTcpServer((near) => {
    this.#pass(near);
  });
  /** The near ends of the connections that carry a stream. */
  readonly #streams = new Set<Socket>();

  private constructor(options: McpSseOptions) {
    this.mcp = mcpSse({ server: createEverything, ...options });
    const app = express();
    // For a browser: a page of the server's own origin.
    app.get('/page', (_req, res) => res.type('html').send('<!doctype html><title>page</title>'));
    this.#server = createServer(app.use(this.mcp));
  }

  static async open(options: McpSseOptions = {}): Promise<Host> {
    // Nobody has to wait long until the clients are back.
    const host = new Host({ resume: { retryMs: 50 }, ...options });
    for (const server of [host.#server, host.#relay]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return host;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#relay.address() as AddressInfo).port}`;
  }

  /** Clients that are connected now. */
  get connected(): number {
    return [...this.mcp.sessions].filter(({ state }) => state === 'open').length;
  }

  /** Cuts the streams that are open now; POSTs pass. */
  cut(): void {
    for (const stream of this.#streams) stream.resetAndDestroy();
  }

  async close(): Promise<void> {
    await this.mcp.close({ timeoutMs: 200 });
    this.#relay.close();
    this.cut();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(near: Socket): void {
    const far = connect((this.#server.address() as AddressInfo).port, '127.0.0.1');
    near.on('data', (chunk) => {
      if (chunk.subarray(0, 8).toString() === 'GET /sse') this.#streams.add(near);
    });
    near.pipe(far).pipe(near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#streams.delete(near);
        other.destroy();
      });
    }
  }
}
