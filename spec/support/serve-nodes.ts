import { localEngine, type Engine, type McpSseOptions } from '../../lib/index.js';
import { eventually } from './eventually.js';
import { serve, type Served } from './serve.js';

/** Serves so many nodes on one engine, and returns when they know each other. */
export async function serveNodes<Data = unknown>(
  count: number,
  options: McpSseOptions<Data> = {},
  engine: Engine = localEngine(),
): Promise<Served<Data>[]> {
  const nodes: Served<Data>[] = [];
  for (let n = 0; n < count; n += 1) nodes.push(await serve<Data>({ ...options, engine }));
  await acquainted(nodes);
  return nodes;
}

/** Resolves when all of the nodes know each other. */
export async function acquainted(nodes: readonly Pick<Served<unknown>, 'mcp'>[]): Promise<void> {
  await eventually(
    () => nodes.every(({ mcp }) => mcp.stats().cluster?.nodes === nodes.length),
    'the acquaintance of the nodes',
  );
}
