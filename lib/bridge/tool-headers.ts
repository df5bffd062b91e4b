// Calls tools of 2026-07-28 whose arguments go into headers as well.
import {
  ProtocolError,
  type CallToolRequestOptions,
  type Client,
  type RequestOptions,
  type Tool,
} from '@modelcontextprotocol/client';

/** [spec] SEP-2243: the headers do not fit the arguments. */
const HEADER_MISMATCH = -32020;
/** The most tools to remember. */
const MAX_TOOLS = 10_000;

type Params = Record<string, unknown>;

/**
 * [spec] SEP-2243: a tool's schema may require a header that repeats an argument. The SDK's client
 * adds it if it has the schema, which it gets here when the upstream complains.
 */
export class ToolHeaders {
  readonly #tools = new Map<unknown, Tool>();

  /** Makes a request by `plain`, or a call of such a tool by the client's `callTool`. */
  async request(
    client: Client,
    { method, params }: { method: string; params?: Params },
    options: RequestOptions,
    plain: () => Promise<Params>,
  ): Promise<Params> {
    if (method !== 'tools/call') return plain();
    const known = this.#tools.get(params?.name);
    if (known) return call(client, params, options, known);
    try {
      return await plain();
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== HEADER_MISMATCH) throw error;
      await this.#learn(client, options);
      const learnt = this.#tools.get(params?.name);
      if (!learnt) throw error;
      return call(client, params, options, learnt);
    }
  }

  async #learn(client: Client, { timeout, signal, headers }: RequestOptions): Promise<void> {
    const options = {
      cacheMode: 'refresh' as const,
      ...(timeout !== undefined && { timeout }),
      ...(signal && { signal }),
      ...(headers && { headers }),
    };
    const { tools } = await client.listTools(undefined, options);
    this.#tools.clear();
    for (const { outputSchema: _, ...tool } of tools.slice(0, MAX_TOOLS)) {
      if (JSON.stringify(tool.inputSchema).includes('"x-mcp-header"')) {
        this.#tools.set(tool.name, tool);
      }
    }
  }
}

/** The tool has no output schema here: the session's own client checks the output. */
async function call(
  client: Client,
  params: Params | undefined,
  options: RequestOptions,
  toolDefinition: Tool,
): Promise<Params> {
  const all: CallToolRequestOptions = { ...options, toolDefinition };
  return client.callTool({ ...params, name: toolDefinition.name }, all);
}
