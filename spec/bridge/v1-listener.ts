import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

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
export function v1Listener(
  factory: () => V1Server,
  { unknown = 404, json = false } = {},
): Sessions & { readonly listener: (req: IncomingMessage, res: ServerResponse) => void } {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const id = req.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (known) {
      await known.handleRequest(req, res);
      return;
    }
    if (id !== undefined) {
      // Both are in use for a session that is not there.
      const error = { code: -32000, message: 'Bad Request: No valid session ID provided' };
      res.writeHead(unknown, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
      return;
    }
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: json,
      onsessioninitialized: (opened) => void sessions.set(opened, transport),
      onsessionclosed: (ended) => void sessions.delete(ended),
    });
    await factory().connect(transport);
    await transport.handleRequest(req, res);
  };
  return { sessions, listener: (req, res) => void serve(req, res) };
}
