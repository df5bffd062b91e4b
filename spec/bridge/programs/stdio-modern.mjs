// A stdio server of SDK v2 that speaks 2026-07-28 and nothing else.
import { inputRequired, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const text = (content) => ({ content: [{ type: 'text', text: content }] });

function newServer() {
  const server = new McpServer({ name: 'modern stdio', version: '1.0.0' });
  const inputSchema = z.object({ name: z.string() });
  server.registerTool('greet', { inputSchema }, ({ name }) => text(`Hello, ${name}`));
  server.registerTool('crash', { inputSchema: z.object({}) }, () => process.exit(3));
  server.registerTool('roots', { inputSchema: z.object({}) }, (_, { mcpReq }) => {
    const answers = mcpReq.inputResponses;
    if (answers) return text(JSON.stringify(answers.roots));
    return inputRequired({ inputRequests: { roots: inputRequired.listRoots() } });
  });
  return server;
}

serveStdio(newServer, { legacy: 'reject' });
