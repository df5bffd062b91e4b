// Sessions of Streamable HTTP for clients of 2025, in front of a handler that has none.
import { randomUUID } from 'node:crypto';

import {
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
  type McpHttpHandler,
  type McpServerFactory,
} from '@modelcontextprotocol/server';

type Transport = WebStandardStreamableHTTPServerTransport;

/** A further session replaces the oldest one, since clients may leave without a DELETE. */
const MAX_SESSIONS = 100;

/** Serves requests with `initialize` by sessions, and all others by `modern`. */
export class StreamableSessions {
  readonly #sessions = new Map<string, Transport>();

  constructor(
    private readonly factory: McpServerFactory,
    private readonly modern: McpHttpHandler,
  ) {}

  readonly fetch: McpHttpHandler['fetch'] = async (request, options) => {
    if (!(await isLegacyRequest(request))) return this.modern.fetch(request, options);
    const id = request.headers.get('mcp-session-id');
    const transport = id === null ? await this.#open() : this.#sessions.get(id);
    // [spec] Streamable HTTP: the client then initializes anew.
    if (!transport) return new Response(null, { status: 404 });
    return transport.handleRequest(request, options);
  };

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((transport) => transport.close()));
  }

  async #open(): Promise<Transport> {
    const transport: Transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: async (id) => {
        const [oldest] = this.#sessions;
        if (oldest && this.#sessions.size >= MAX_SESSIONS) await this.#end(...oldest);
        this.#sessions.set(id, transport);
      },
      onsessionclosed: (id) => {
        this.#sessions.delete(id);
      },
    });
    const server = await this.factory({ era: 'legacy' });
    await server.connect(transport);
    return transport;
  }

  async #end(id: string, transport: Transport): Promise<void> {
    this.#sessions.delete(id);
    await transport.close();
  }
}
