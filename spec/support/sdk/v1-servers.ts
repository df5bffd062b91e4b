import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { runTool, TOOL_NAMES, type Journal, type ToolContext, type ToolName } from './tools.js';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const IDENTITY = { name: 'v1', version: '1.0.0' };
const CAPABILITIES = { tools: { listChanged: true }, logging: {} };
const ARGUMENTS = { name: z.string().optional(), to: z.number().optional() };

/** `McpServer` of SDK v1. */
export function v1McpServer(journal: Journal): McpServer {
  const mcp = new McpServer(IDENTITY, { capabilities: CAPABILITIES });
  const addTool = (name: string): void => void mcp.registerTool(name, {}, () => ({ content: [] }));
  for (const tool of TOOL_NAMES) {
    mcp.registerTool(tool, { inputSchema: ARGUMENTS }, async (args, extra) => {
      const text = await runTool(tool, args, contextOf(mcp.server, extra, addTool), journal);
      return { content: [{ type: 'text', text }] };
    });
  }
  mcp.server.onclose = () => (journal.closed += 1);
  return mcp;
}

/** The low-level `Server` of SDK v1. */
export function v1Server(journal: Journal): Server {
  const server = new Server(IDENTITY, { capabilities: CAPABILITIES });
  const names: string[] = [...TOOL_NAMES];
  const addTool = (name: string): void => {
    names.push(name);
    void server.sendToolListChanged();
  };
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: names.map((name) => ({ name, inputSchema: { type: 'object' as const } })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const context = contextOf(server, extra, addTool);
    const text = await runTool(params.name as ToolName, params.arguments ?? {}, context, journal);
    return { content: [{ type: 'text', text }] };
  });
  server.onclose = () => (journal.closed += 1);
  return server;
}

function contextOf(server: Server, extra: Extra, addTool: (name: string) => void): ToolContext {
  return {
    signal: extra.signal,
    header: (name) => [extra.requestInfo?.headers[name] ?? []].flat()[0],
    user: extra.authInfo?.extra?.user,
    async progress(progress, total) {
      const progressToken = extra._meta?.progressToken;
      if (progressToken === undefined) return;
      const params = { progressToken, progress, total };
      await extra.sendNotification({ method: 'notifications/progress', params });
    },
    log: (data) => server.sendLoggingMessage({ level: 'info', data }),
    async sample(text) {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text } }];
      return (await server.createMessage({ messages, maxTokens: 10 })).content;
    },
    async elicit(message) {
      const requestedSchema = {
        type: 'object' as const,
        properties: { name: { type: 'string' as const } },
      };
      return (await server.elicitInput({ message, requestedSchema })).content;
    },
    roots: async () => (await server.listRoots()).roots,
    addTool,
  };
}
