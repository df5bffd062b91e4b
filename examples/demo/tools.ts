import { setTimeout as sleep } from 'node:timers/promises';

import {
  acceptedContent,
  inputRequired,
  inputResponse,
  McpServer,
  type CallToolResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

import { search, wordsOf, type Section } from './docs.js';

/**
 * The MCP server of one session, or of one request where the protocol has no sessions: four tools
 * over the documentation of this repository. What a tool asks its client for, it returns as
 * `inputRequired`, and is called once more with the answer: so it works by every protocol.
 */
export function createServer(sections: readonly Section[]): McpServer {
  const server = new McpServer(
    { name: 'express-mcp-sse-demo', version: '1.0.0' },
    { capabilities: { logging: {} } },
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
  const inputSchema = z.object({ query, limit: z.int().min(1).max(20).default(3) });
  const description = "Searches this project's documentation and returns the best sections";
  server.registerTool('search_docs', { description, inputSchema }, ({ query, limit }) => {
    const found = search(sections, query, limit);
    if (found.length === 0) return text('Nothing found.');
    return text(
      found.map(({ file, heading, text }) => `${file}: ${heading}\n\n${text}`).join('\n\n'),
    );
  });
}

/** Runs for a while: reports progress and log messages, and stops when the client cancels. */
function addCount(server: McpServer, sections: readonly Section[]): void {
  const inputSchema = z.object({ pauseMs: z.int().min(0).max(5_000).default(200) });
  const description =
    'Counts the words of the documentation, slowly, with progress and log messages';
  server.registerTool('count_words', { description, inputSchema }, async ({ pauseMs }, context) => {
    const { signal } = context.mcpReq;
    let words = 0;
    for (const [done, { file, heading, text }] of sections.entries()) {
      await context.mcpReq.log('info', `${file}: ${heading}`);
      await reportProgress(context, done, sections.length);
      words += wordsOf(text).length;
      // Aborted when the client cancels this call, and when its session ends.
      await sleep(pauseMs, undefined, { signal });
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
  const inputSchema = z.object({ topic });
  const description =
    "Lets the client's own model summarise what the documentation says about a topic";
  server.registerTool('summarise', { description, inputSchema }, ({ topic }, { mcpReq }) => {
    const summary = inputResponse(mcpReq.inputResponses, 'summary');
    if (summary.kind === 'sampling') {
      const { content, model } = summary.result;
      const said = Array.isArray(content) ? content[0] : content;
      return text(said?.type === 'text' ? `${said.text}\n\n(${model})` : 'No text came back.');
    }
    const [best] = search(sections, topic, 1);
    if (!best) return text('Nothing found.');
    const prompt = `Summarise this in two sentences:\n\n${best.text}`;
    const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }];
    const summaryRequest = inputRequired.createMessage({ messages, maxTokens: 300 });
    return inputRequired({ inputRequests: { summary: summaryRequest } });
  });
}

const ADVICE = {
  'HTTP+SSE': 'Serve mcpSse() alone until the first client speaks Streamable HTTP.',
  'Streamable HTTP': 'You do not need this package: serve Streamable HTTP.',
  both: 'Serve both at one URL, as this demo does.',
};

/** Asks the person in front of the client: elicitation. */
function addAdvice(server: McpServer): void {
  const description = 'Asks which transport your clients speak, and says what to serve';
  const answer = z.object({ transport: z.enum(['HTTP+SSE', 'Streamable HTTP', 'both']) });
  server.registerTool('advise', { description }, ({ mcpReq }) => {
    const accepted = acceptedContent(mcpReq.inputResponses, 'transport', answer);
    if (accepted) return text(ADVICE[accepted.transport]);
    const answered = inputResponse(mcpReq.inputResponses, 'transport').kind !== 'missing';
    if (answered) return text('No answer, no advice.');
    const message = 'Which transport do your clients speak?';
    const question = inputRequired.elicit({ message, requestedSchema: answer });
    return inputRequired({ inputRequests: { transport: question } });
  });
}

async function reportProgress(
  { mcpReq }: ServerContext,
  progress: number,
  total: number,
): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return; // The client has not asked for it.
  const params = { progressToken, progress, total };
  await mcpReq.notify({ method: 'notifications/progress', params });
}

function text(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}
