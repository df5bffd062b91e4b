import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  type McpHttpHandler,
  type McpServerFactory,
} from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';

import { closed, listen } from '../support/serve.js';
import { v1Listener, type Sessions } from './v1-listener.js';

export type { Sessions };

export interface Served {
  readonly url: string;
  readonly server: Server;
  /** The requests that came, by method. */
  readonly requests: IncomingMessage[];
  /** Ends it as a crash does: connections are cut, and the port is free. */
  kill(): Promise<void>;
}

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown;

/** Serves requests on a free port, or on that one, until the test is finished. */
export async function serveHttp(listener: Listener, port = 0): Promise<Served> {
  const requests: IncomingMessage[] = [];
  const server = createServer((req, res) => {
    requests.push(req);
    void listener(req, res);
  });
  if (port === 0) await listen(server);
  else await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const kill = async (): Promise<void> => {
    const end = closed(server);
    server.closeAllConnections();
    await end;
  };
  onTestFinished(kill);
  const address = server.address();
  const at = typeof address === 'object' && address ? address.port : port;
  return { url: `http://127.0.0.1:${String(at)}/mcp`, server, requests, kill };
}

/** Streamable HTTP of SDK v1 with sessions. */
export async function serveV1(
  factory: Parameters<typeof v1Listener>[0],
  { port = 0, ...options }: { port?: number; unknown?: number; json?: boolean } = {},
): Promise<Served & Sessions> {
  const { listener, sessions } = v1Listener(factory, options);
  return { ...(await serveHttp(listener, port)), sessions };
}

/** SDK v2 for 2026-07-28 and nothing else. */
export async function serveModern(
  factory: McpServerFactory,
  { port = 0, legacy = 'reject' }: { port?: number; legacy?: 'reject' | 'stateless' } = {},
): Promise<Served & { readonly handler: McpHttpHandler }> {
  const handler = createMcpHandler(factory, { legacy });
  onTestFinished(() => handler.close());
  const handle = toNodeHandler(handler);
  // Its types want `method` and `url`, which Node's requests have.
  const served = await serveHttp(
    (req, res) => handle(req as Parameters<typeof handle>[0], res),
    port,
  );
  return { ...served, handler };
}
