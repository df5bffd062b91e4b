import { setTimeout as sleep } from 'node:timers/promises';

import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult, LoggingLevel } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { WATCHED, type Subscriptions } from './resources.js';

const PAUSE_MS = 50;

/** Tools that talk to the client while they run. */
export function addLiveTools(server: McpServer, subscriptions: Subscriptions): void {
  addLogging(server);
  addProgress(server);
  addUpdate(server, subscriptions);
  addListChange(server);
  addSampling(server);
}

/** Log messages: those below the level that the client has set are not sent. */
function addLogging(server: McpServer): void {
  const description = 'Sends three log messages while it runs';
  server.registerTool('test_tool_with_logging', { description }, async ({ sessionId, signal }) => {
    const log = (data: string, level: LoggingLevel = 'info'): Promise<void> =>
      server.sendLoggingMessage({ level, data }, sessionId);
    await log('Tool execution started');
    await sleep(PAUSE_MS, undefined, { signal });
    await log('Tool processing data');
    await sleep(PAUSE_MS, undefined, { signal });
    await log('Tool execution completed');
    return text('Logged three messages.');
  });
}

/** Progress, for a client that asks for it with a token. */
function addProgress(server: McpServer): void {
  const description = 'Reports progress while it runs';
  server.registerTool('test_tool_with_progress', { description }, async (extra) => {
    const progressToken = extra._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        const params = { progressToken, progress, total: 100, message: `${progress} of 100` };
        await extra.sendNotification({ method: 'notifications/progress', params });
      }
      // After the last one, too: SDK clients drop progress that arrives together with the answer.
      await sleep(PAUSE_MS, undefined, { signal: extra.signal });
    }
    return text('Done.');
  });
}

/** Changes a resource: a client that has subscribed to it is told. */
function addUpdate(server: McpServer, subscriptions: Subscriptions): void {
  const description = 'Changes the watched resource';
  const inputSchema = { text: z.string().default('changed') };
  server.registerTool(
    'test_update_resource',
    { description, inputSchema },
    async ({ text: next }) => {
      const told = await subscriptions.update(next);
      return text(told ? `Told you about ${WATCHED}` : `You have not subscribed to ${WATCHED}`);
    },
  );
}

/** Adds a tool: the client is told that the list has changed. */
function addListChange(server: McpServer): void {
  let added = 0;
  server.registerTool('test_list_changed', { description: 'Adds a tool to the list' }, () => {
    const name = `added_${(added += 1)}`;
    server.registerTool(name, { description: 'Was added while you looked' }, () => text(name));
    return text(`Added ${name}`);
  });
}

/** Asks the client's model. */
function addSampling(server: McpServer): void {
  const description = "Lets the client's model answer a prompt";
  const inputSchema = { prompt: z.string() };
  server.registerTool(
    'test_sampling',
    { description, inputSchema },
    async ({ prompt }, { signal }) => {
      const { content } = await server.server.createMessage(
        { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 },
        { signal },
      );
      return text(`LLM response: ${content.type === 'text' ? content.text : `(${content.type})`}`);
    },
  );
}

function text(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}
