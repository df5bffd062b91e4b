import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandler } from 'express';

import { createServer as createEverything } from '../../examples/everything/mcp-server.js';
import type { McpSseOptions, McpSseRouter } from '../../lib/index.js';
import { TcpRelay } from '../support/program/tcp-relay.js';
import { TestServer } from '../support/program/test-server.js';

/** The name of a tool that answers with `Host.text`. */
export const TEXT_TOOL = 'host_text';

/** The server of examples/everything with one tool more, behind a relay that can cut streams. */
export class Host {
  private constructor(
    private readonly server: TestServer,
    private readonly relay: TcpRelay,
    private readonly mount: string,
    private readonly told: { text: string },
  ) {}

  static async open(options: McpSseOptions = {}, mount = ''): Promise<Host> {
    const told = { text: '' };
    const createServer = (): McpServer => {
      const server = createEverything();
      server.registerTool(TEXT_TOOL, {}, () => ({ content: [{ type: 'text', text: told.text }] }));
      return server;
    };
    // Clients come back at once.
    const mcp = { server: createServer, resume: { retryMs: 50 }, ...options };
    const server = await TestServer.open({ mcp, middleware: [page], mount: mount || '/' });
    return new Host(server, await TcpRelay.to(server.port), mount, told);
  }

  /** What the tool `TEXT_TOOL` answers with. */
  set text(text: string) {
    this.told.text = text;
  }

  get mcp(): McpSseRouter {
    return this.server.mcp;
  }

  /** The URL of the stream. */
  get url(): string {
    return `http://127.0.0.1:${this.relay.port}${this.mount}/sse`;
  }

  /** How the last client that left has ended its stream. */
  get lastStreamEnd(): 'FIN' | 'RST' | undefined {
    return this.relay.streamEnds.at(-1);
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
