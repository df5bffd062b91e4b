import { setTimeout as sleep } from 'node:timers/promises';

import {
  inputRequired,
  inputResponse,
  McpServer,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

export const INSTRUCTIONS = 'Be kind.';

export interface ModernJournal {
  waiting: number;
  cancelled: number;
}

/** A server whose tools do what one of 2026-07-28 can. */
export function modernServer(journal: ModernJournal = { waiting: 0, cancelled: 0 }): McpServer {
  const server = new McpServer(
    { name: 'modern', version: '2.0.0' },
    {
      capabilities: { logging: {}, tools: { listChanged: true }, resources: { subscribe: true } },
      instructions: INSTRUCTIONS,
    },
  );
  addTools(server, journal);
  server.registerTool('ask', { inputSchema: z.object({}) }, (_args, { mcpReq }) => {
    const answers = mcpReq.inputResponses;
    const sampled = inputResponse(answers, 'sample');
    if (sampled.kind === 'missing') {
      const messages = [
        { role: 'user' as const, content: { type: 'text' as const, text: 'Say.' } },
      ];
      return inputRequired({
        inputRequests: {
          sample: inputRequired.createMessage({ messages, maxTokens: 10 }),
          name: inputRequired.elicit({
            message: 'Your name?',
            requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
          }),
          roots: inputRequired.listRoots(),
        },
        requestState: 'half-way',
      });
    }
    return text(JSON.stringify({ state: mcpReq.requestState(), answers }));
  });
  server.registerResource('text', 'test://text', {}, () => ({
    contents: [{ uri: 'test://text', text: 'content' }],
  }));
  const template = new ResourceTemplate('test://many/{id}', {
    list: undefined,
    complete: { id: (start) => ['alpha', 'beta'].filter((id) => id.startsWith(start)) },
  });
  server.registerResource('many', template, {}, ({ href: uri }) => ({
    contents: [{ uri, text: uri }],
  }));
  server.registerPrompt('greet', { argsSchema: z.object({ name: z.string() }) }, ({ name }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }],
  }));
  return server;
}

function addTools(server: McpServer, journal: ModernJournal): void {
  server.registerTool('greet', { inputSchema: z.object({ name: z.string() }) }, ({ name }) =>
    text(`Hello, ${name}`),
  );
  server.registerTool(
    'count',
    { inputSchema: z.object({ to: z.number() }) },
    async ({ to }, ctx) => {
      const progressToken = ctx.mcpReq._meta?.progressToken;
      for (let progress = 1; progress <= to; progress += 1) {
        const params = { progressToken: progressToken ?? 'none', progress, total: to };
        if (progressToken !== undefined) {
          await ctx.mcpReq.notify({ method: 'notifications/progress', params });
        }
      }
      await ctx.mcpReq.log('info', `counted to ${to}`);
      await ctx.mcpReq.log('debug', 'all of it');
      await sleep(50);
      return text(String(to));
    },
  );
  server.registerTool('wait', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken !== undefined) {
      const params = { progressToken, progress: 1 };
      await mcpReq.notify({ method: 'notifications/progress', params });
    }
    journal.waiting += 1;
    await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve));
    journal.cancelled += 1;
    return text('nobody hears this');
  });
  server.registerTool('headers', { inputSchema: z.object({}) }, (_args, { http }) =>
    text(JSON.stringify(Object.fromEntries(http?.req?.headers ?? []))),
  );
  server.registerTool('meta', { inputSchema: z.object({}) }, (_args, { mcpReq }) =>
    text(JSON.stringify(mcpReq._meta ?? {})),
  );
  const region = z.string().meta({ 'x-mcp-header': 'Region' });
  server.registerTool('region', { inputSchema: z.object({ region }) }, (args, { http }) =>
    text(`${args.region} ${http?.req?.headers.get('mcp-param-region') ?? ''}`),
  );
}

const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] });
