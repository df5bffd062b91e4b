import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { toNodeHandler } from '@modelcontextprotocol/node';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  createMcpHandler,
  type McpHttpHandler,
  type McpServerFactory,
} from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';

import { closed, listen } from '../support/serve.js';

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

/** What SDK v1's transport needs of a server of either kind. */
interface V1Server {
  connect(transport: StreamableHTTPServerTransport): Promise<void>;
  close(): Promise<void>;
}

export interface Sessions {
  /** The sessions that are open, by id. */
  readonly sessions: Map<string, StreamableHTTPServerTransport>;
}

/** Streamable HTTP of SDK v1 with sessions, which speaks nothing of 2026. */
export async function serveV1(
  factory: () => V1Server,
  { port = 0, unknown = 404, json = false } = {},
): Promise<Served & Sessions> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const served = await serveHttp(async (req, res) => {
    const id = req.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (known) return known.handleRequest(req, res);
    if (id !== undefined) {
      // Both are in use for a session that is not there.
      const error = { code: -32000, message: 'Bad Request: No valid session ID provided' };
      res.writeHead(unknown, { 'content-type': 'application/json' });
      return res.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
    }
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: json,
      onsessioninitialized: (opened) => void sessions.set(opened, transport),
      onsessionclosed: (ended) => void sessions.delete(ended),
    });
    const server = factory();
    await server.connect(transport);
    return transport.handleRequest(req, res);
  }, port);
  return { ...served, sessions };
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
