// The MCP server of the demo: one factory for clients of every era.
import {
  acceptedContent,
  inputRequired,
  McpServer,
  type CallToolResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

import { pause } from '../util/promises.js';

/** How a client is served. */
export interface Serving {
  readonly era: 'legacy' | 'modern';
  /** The session of HTTP+SSE, for clients that have one. */
  readonly session?: unknown;
}

/** A server for one session, or for one request of the protocol that has no sessions. */
export function createDemoServer({ era, session }: Serving): McpServer {
  const server = new McpServer(
    { name: 'express-mcp-sse-demo', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  server.registerTool('how', { description: 'Says how you are served' }, () => {
    if (session) return text('by a session of HTTP+SSE');
    if (era === 'legacy') return text('by Streamable HTTP with initialize, as of 2025');
    return text('by Streamable HTTP without sessions, as of 2026-07-28');
  });
  const inputSchema = z.object({ to: z.int().min(1).max(100).default(10) });
  server.registerTool(
    'count',
    { description: 'Counts slowly, and reports its progress', inputSchema },
    ({ to }, context) => count(to, context),
  );
  const answer = z.object({ name: z.string().min(1) });
  server.registerTool(
    'greet',
    { description: 'Asks you for your name, and greets you' },
    ({ mcpReq }) => {
      const { inputResponses } = mcpReq;
      const accepted = acceptedContent(inputResponses, 'name', answer);
      if (accepted) return text(`Hello, ${accepted.name}!`);
      if (inputResponses) return text('Hello, whoever you are!');
      const question = inputRequired.elicit({
        message: 'What is your name?',
        requestedSchema: answer,
      });
      return inputRequired({ inputRequests: { name: question } });
    },
  );
  return server;
}

const PAUSE_MS = 200;

async function count(to: number, { mcpReq }: ServerContext): Promise<CallToolResult> {
  const progressToken = mcpReq._meta?.progressToken;
  for (let progress = 1; progress <= to && !mcpReq.signal.aborted; progress += 1) {
    if (progressToken !== undefined) {
      const params = { progressToken, progress, total: to };
      await mcpReq.notify({ method: 'notifications/progress', params });
    }
    await pause(PAUSE_MS);
  }
  return text(`I have counted to ${to}`);
}

function text(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}
