// The MCP server that clients of every era are given.
import { setTimeout as sleep } from 'node:timers/promises';

import { McpServer, requireScopes, type ServerContext } from '@modelcontextprotocol/server';

/** By what a client is served. */
export type ServedBy = 'a session' | '2025' | '2026';

/** The scope that every request needs, and the one that the tool `write` needs. */
export const SCOPES = { all: 'mcp', write: 'write' } as const;

/** The progress of the tool `count`. */
export const STEPS = [1, 2, 3] as const;

const PAUSE_MS = 20;

interface Context {
  readonly era: 'legacy' | 'modern';
  /** Of HTTP+SSE. */
  readonly session?: unknown;
}

export function createServer({ era, session }: Context): McpServer {
  const server = new McpServer(
    { name: 'one-url', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true } } },
  );
  const servedBy: ServedBy = session ? 'a session' : era === 'legacy' ? '2025' : '2026';
  const text = (text: string) => ({ content: [{ type: 'text' as const, text }] });
  server.registerTool('served_by', {}, () => text(`served by ${servedBy}`));
  server.registerTool('count', {}, async (context) => {
    await count(context);
    return text('counted');
  });
  const scopeChallenge = requireScopes(SCOPES.write);
  server.registerTool('write', { scopeChallenge }, () => text('written'));
  return server;
}

async function count({ mcpReq }: ServerContext): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  for (const progress of STEPS) {
    await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress } });
    // Clients drop a report that arrives together with the answer.
    await sleep(PAUSE_MS);
  }
}
