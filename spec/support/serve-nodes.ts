import type { Adapter, McpSseOptions, McpSseRouter } from '../../lib/index.js';
import { localAdapter } from '../../lib/adapter/index.js';
import { eventually } from './eventually.js';
import { serve, type ServeOptions, type Served } from './serve.js';
import type { StreamClient } from './stream-client.js';

/** Serves two nodes on one adapter, and returns when they know each other. */
export async function serveTwo<Data = unknown>(
  options: McpSseOptions<Data> = {},
  adapter: Adapter = localAdapter(),
  serving: ServeOptions = {},
): Promise<[Served<Data>, Served<Data>]> {
  const one = await serve<Data>({ ...options, adapter: adapter }, serving);
  const other = await serve<Data>({ ...options, adapter: adapter }, serving);
  await discovered([one, other]);
  return [one, other];
}

/** Resolves when all of the nodes know each other. */
export async function discovered(
  nodes: readonly { readonly mcp: Pick<McpSseRouter, 'stats'> }[],
): Promise<void> {
  await eventually(
    () => nodes.every(({ mcp }) => mcp.stats().cluster?.nodes === nodes.length),
    'the discovery of the nodes',
  );
}

/** The URL for the POSTs of `client` at another node than its own. */
export function endpointAt(node: { readonly url: string }, client: StreamClient): string {
  return `${node.url}/message${new URL(client.endpoint).search}`;
}
