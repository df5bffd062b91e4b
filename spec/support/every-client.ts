import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SseV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport as StreamableV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';

/** A client of any SDK, as far as it calls tools. */
export interface ToolClient {
  callTool(params: { name: string }): Promise<unknown>;
  close(): Promise<void>;
}

/** What its tool `era` says: how it is served. */
export async function eraOf(client: ToolClient): Promise<string> {
  const { content } = (await client.callTool({ name: 'era' })) as { content: { text: string }[] };
  return content[0]?.text ?? '';
}

async function v1(transport: SseV1 | StreamableV1) {
  const client = new ClientV1({ name: 'v1', version: '1' });
  await client.connect(transport);
  return client;
}

async function v2(
  transport: SSEClientTransport | StreamableHTTPClientTransport,
  mode?: VersionNegotiationMode,
) {
  const client = new Client({ name: 'v2', version: '1' }, mode && { versionNegotiation: { mode } });
  await client.connect(transport);
  return client;
}

/** Each connects at the very URL of the stream, and is served as its era is. */
export const CLIENTS: [
  name: string,
  connect: (url: URL) => Promise<ToolClient>,
  era: string,
  sessions: number,
][] = [
  ['SDK v1, HTTP+SSE', (url) => v1(new SseV1(url)), 'legacy', 1],
  ['SDK v1, Streamable HTTP', (url) => v1(new StreamableV1(url)), 'legacy', 0],
  ['SDK v2, HTTP+SSE', (url) => v2(new SSEClientTransport(url)), 'legacy', 1],
  ['SDK v2, HTTP+SSE, auto', (url) => v2(new SSEClientTransport(url), 'auto'), 'legacy', 1],
  ['SDK v2, legacy', (url) => v2(new StreamableHTTPClientTransport(url), 'legacy'), 'legacy', 0],
  ['SDK v2, auto', (url) => v2(new StreamableHTTPClientTransport(url), 'auto'), 'modern', 0],
  [
    'SDK v2, pinned',
    (url) => v2(new StreamableHTTPClientTransport(url), { pin: '2026-07-28' }),
    'modern',
    0,
  ],
];
