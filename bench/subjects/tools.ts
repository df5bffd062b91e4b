/** The two tools, for subjects of every kind: `echo`, and `fill`, whose answer is padded. */
import { z } from 'zod';
import { answerText } from '../messages.js';

/** What the generator sends, as far as servers without an SDK look at it. */
export interface ClientMessage {
  readonly id?: string | number | null | undefined;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** The result that the SDKs' servers give. */
export function resultOf(message: ClientMessage): object {
  if (message.method === 'tools/call') {
    const { text, bytes } = message.params?.arguments as { text: string; bytes?: number };
    return textResult(answerText(text, bytes));
  }
  if (message.method === 'initialize') {
    return {
      protocolVersion: '2024-11-05',
      capabilities: { tools: { listChanged: true } },
      serverInfo: info,
    };
  }
  throw new Error(`not a method of this server: ${message.method ?? 'none'}`);
}

const info = { name: 'echo', version: '1.0.0' };
const echoShape = { text: z.string() };
const fillShape = { text: z.string(), bytes: z.number() };
const fill = ({ text, bytes }: { text: string; bytes: number }) =>
  textResult(answerText(text, bytes));

/** Makes servers of SDK v1, one for each session. */
export async function serversV1() {
  const { McpServer } = await import('@modelcontextprotocol/sdk/server/mcp.js');
  return () => {
    const server = new McpServer(info);
    server.registerTool('echo', { inputSchema: echoShape }, ({ text }) => textResult(text));
    server.registerTool('fill', { inputSchema: fillShape }, fill);
    return server;
  };
}

/** Makes servers of SDK v2, one for each session. */
export async function serversV2() {
  const { McpServer } = await import('@modelcontextprotocol/server');
  const [echoSchema, fillSchema] = [z.object(echoShape), z.object(fillShape)];
  return () => {
    const server = new McpServer(info);
    server.registerTool('echo', { inputSchema: echoSchema }, ({ text }) => textResult(text));
    server.registerTool('fill', { inputSchema: fillSchema }, fill);
    return server;
  };
}

function textResult(text: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text }] };
}
