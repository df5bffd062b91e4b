// Streamable HTTP, for clients that do not speak HTTP+SSE: sessions for those with `initialize`
// (2025), and the newest protocol (2026-07-28), which has none.
import { randomUUID } from 'node:crypto';

import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport as Transport,
  type McpHttpHandler,
  type McpServerFactory,
} from '@modelcontextprotocol/server';

/** Clients may leave without ending their session. Beyond this number the oldest one goes. */
const MAX_SESSIONS = 100;

export class StreamableHttp {
  readonly #factory: McpServerFactory;
  readonly #sessions = new Map<string, Transport>();
  readonly modern: McpHttpHandler;

  constructor(factory: McpServerFactory) {
    this.#factory = factory;
    this.modern = createMcpHandler(factory);
  }

  /** Sessions that clients have not ended. */
  get size(): number {
    return this.#sessions.size;
  }

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
    await this.modern.close();
  }

  async #open(): Promise<Transport> {
    const transport: Transport = new Transport({
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
    const server = await this.#factory({ era: 'legacy' });
    await server.connect(transport);
    return transport;
  }

  async #end(id: string, transport: Transport): Promise<void> {
    this.#sessions.delete(id);
    await transport.close();
  }
}
