import { setTimeout as sleep } from 'node:timers/promises';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type {
  CallToolResult,
  ServerNotification,
  ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { search, wordsOf, type Section } from './docs.js';

/** The MCP server of one session: four tools over the documentation of this repository. */
export function createServer(sections: readonly Section[]): McpServer {
  const server = new McpServer(
    { name: 'express-mcp-sse-demo', version: '1.0.0' },
    // Strict: a tool fails with a clear message where the client lacks what the tool asks it for.
    { capabilities: { logging: {} }, enforceStrictCapabilities: true },
  );
  addSearch(server, sections);
  addCount(server, sections);
  addSummary(server, sections);
  addAdvice(server);
  return server;
}

/** Answers at once. */
function addSearch(server: McpServer, sections: readonly Section[]): void {
  const query = z
    .string()
    .min(1)
    .meta({ examples: ['nginx proxy buffering'] });
  const inputSchema = { query, limit: z.int().min(1).max(20).default(3) };
  const description = "Searches this project's documentation and returns the best sections";
  server.registerTool('search_docs', { description, inputSchema }, ({ query, limit }) => {
    const found = search(sections, query, limit);
    if (found.length === 0) return text('Nothing found.');
    return text(
      found.map(({ file, heading, text }) => `${file}: ${heading}\n\n${text}`).join('\n\n'),
    );
  });
}

/** Takes its time: reports progress and log messages, and stops when the client cancels. */
function addCount(server: McpServer, sections: readonly Section[]): void {
  const inputSchema = { pauseMs: z.int().min(0).max(5_000).default(200) };
  const description =
    'Counts the words of the documentation, slowly, with progress and log messages';
  server.registerTool('count_words', { description, inputSchema }, async ({ pauseMs }, extra) => {
    let words = 0;
    for (const [done, { file, heading, text }] of sections.entries()) {
      const where = `${file}: ${heading}`;
      await server.sendLoggingMessage({ level: 'info', data: where }, extra.sessionId);
      await reportProgress(extra, done, sections.length);
      words += wordsOf(text).length;
      // Aborted when the client cancels this call, and when its session ends.
      await sleep(pauseMs, undefined, { signal: extra.signal });
    }
    return text(`${words} words in ${sections.length} sections`);
  });
}

/** Asks the client's model: sampling. */
function addSummary(server: McpServer, sections: readonly Section[]): void {
  const topic = z
    .string()
    .min(1)
    .meta({ examples: ['shutdown'] });
  const inputSchema = { topic };
  const description =
    "Lets the client's own model summarise what the documentation says about a topic";
  server.registerTool('summarise', { description, inputSchema }, async ({ topic }, { signal }) => {
    const [best] = search(sections, topic, 1);
    if (!best) return text('Nothing found.');
    const prompt = `Summarise this in two sentences:\n\n${best.text}`;
    const { content, model } = await server.server.createMessage(
      { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 300 },
      { signal },
    );
    return text(content.type === 'text' ? `${content.text}\n\n(${model})` : `(${content.type})`);
  });
}

const ADVICE = {
  'HTTP+SSE': 'Serve mcpSse() alone until the first client speaks Streamable HTTP.',
  'Streamable HTTP': 'You do not need this package: serve Streamable HTTP.',
  both: 'Serve both at one URL, as examples/every-era does.',
};

/** Asks the person in front of the client: elicitation. */
function addAdvice(server: McpServer): void {
  const description = 'Asks which transport your clients speak, and says what to serve';
  server.registerTool('advise', { description }, async ({ signal }) => {
    const { action, content } = await server.server.elicitInput(
      {
        message: 'Which transport do your clients speak?',
        requestedSchema: {
          type: 'object',
          properties: { transport: { type: 'string', enum: Object.keys(ADVICE) } },
          required: ['transport'],
        },
      },
      { signal },
    );
    if (action !== 'accept') return text('No answer, no advice.');
    const known = z.enum(['HTTP+SSE', 'Streamable HTTP', 'both']).parse(content?.transport);
    return text(ADVICE[known]);
  });
}

async function reportProgress(
  { _meta, sendNotification }: RequestHandlerExtra<ServerRequest, ServerNotification>,
  progress: number,
  total: number,
): Promise<void> {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return; // The client has not asked for it.
  const params = { progressToken, progress, total };
  await sendNotification({ method: 'notifications/progress', params });
}

function text(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}
