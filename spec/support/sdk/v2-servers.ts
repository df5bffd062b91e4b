import { McpServer, Server, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';

import { runTool, TOOL_NAMES, type Journal, type ToolContext, type ToolName } from './tools.js';

const IDENTITY = { name: 'v2', version: '2.0.0' };
const CAPABILITIES = { tools: { listChanged: true }, logging: {} };
const ARGUMENTS = z.object({ name: z.string().optional(), to: z.number().optional() });

/** `McpServer` of SDK v2. */
export function v2McpServer(journal: Journal): McpServer {
  const mcp = new McpServer(IDENTITY, { capabilities: CAPABILITIES });
  const addTool = (name: string): void => void mcp.registerTool(name, {}, () => ({ content: [] }));
  for (const tool of TOOL_NAMES) {
    mcp.registerTool(tool, { inputSchema: ARGUMENTS }, async (args, ctx) => {
      const text = await runTool(tool, args, contextOf(mcp.server, ctx, addTool), journal);
      return { content: [{ type: 'text', text }] };
    });
  }
  mcp.server.onclose = () => (journal.closed += 1);
  return mcp;
}

/** The low-level `Server` of SDK v2. */
export function v2Server(journal: Journal): Server {
  const server = new Server(IDENTITY, { capabilities: CAPABILITIES });
  const names: string[] = [...TOOL_NAMES];
  const addTool = (name: string): void => {
    names.push(name);
    void server.sendToolListChanged();
  };
  server.setRequestHandler('tools/list', () => ({
    tools: names.map((name) => ({ name, inputSchema: { type: 'object' as const } })),
  }));
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const context = contextOf(server, ctx, addTool);
    const text = await runTool(params.name as ToolName, params.arguments ?? {}, context, journal);
    return { content: [{ type: 'text', text }] };
  });
  server.onclose = () => (journal.closed += 1);
  return server;
}

function contextOf(
  server: Server,
  { mcpReq, http }: ServerContext,
  addTool: (name: string) => void,
): ToolContext {
  return {
    signal: mcpReq.signal,
    header: (name) => http?.req?.headers.get(name) ?? undefined,
    user: http?.authInfo?.extra?.user,
    async progress(progress, total) {
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken === undefined) return;
      const params = { progressToken, progress, total };
      await mcpReq.notify({ method: 'notifications/progress', params });
    },
    log: (text) => mcpReq.log('info', text),
    async sample(text) {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text } }];
      return (await mcpReq.requestSampling({ messages, maxTokens: 10 })).content;
    },
    async elicit(message) {
      const requestedSchema = {
        type: 'object' as const,
        properties: { name: { type: 'string' as const } },
      };
      return (await mcpReq.elicitInput({ message, requestedSchema })).content;
    },
    roots: async () => (await server.listRoots()).roots,
    addTool,
  };
}
