import { describe, expect, it, vi } from 'vitest';

import type { McpSseErrorCode, McpSseOptions, ServerFactory } from '../../lib/index.js';
import { FETCHES, NEGOTIATED } from '../support/returning-client.js';
import { ANSWERS, type ConnectClient, type SdkClient } from '../support/sdk/clients.js';
import { newJournal } from '../support/sdk/tools.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { v2McpServer } from '../support/sdk/v2-servers.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const journal = newJournal();
const servers: [string, ServerFactory][] = [
  ['SDK v1', () => v1McpServer(journal)],
  ['SDK v2', () => v2McpServer(journal)],
];
const clients = [
  ['SDK v1', connectV1],
  ['SDK v2', connectV2],
] as const;
const capabilities = { elicitation: {}, sampling: {}, roots: {} };
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

/** Serves, and loses the session of a client that comes back without `initialize`. */
async function afterRestart(options: McpSseOptions, connect: ConnectClient): Promise<SdkClient> {
  const { url, mcp } = await serve({ resume: { retryMs: 10 }, ...options });
  const client = await connect(`${url}/sse`);
  await mcp.closeSessions('restart');
  // It is back once it has its new URL.
  await vi.waitFor(() => client.listTools(), 20_000);
  return client;
}

describe.each(servers)('a server of %s, after a restart', (_, server) => {
  it.each(clients)('may use the capabilities of adopt for a client of %s', async (_, connect) => {
    const client = await afterRestart({ server, adopt: { capabilities } }, connect);
    const { sampling, elicitation, roots } = ANSWERS;
    expect(await client.call('ask')).toBe(
      JSON.stringify([sampling.content, elicitation.content, roots.roots]),
    );
    expect(await client.call('greet', { name: 'Ada' })).toBe('Hello, Ada');
  });
});

it('without adopt, tools work and the client is asked nothing', async () => {
  const client = await afterRestart({ server: () => v1McpServer(journal) }, connectV1);
  expect(await client.call('greet', { name: 'Ada' })).toBe('Hello, Ada');
  expect(await client.call('ask')).toMatch(/does not support/);
});

describe('a client that has negotiated in a lost session', () => {
  it('gets 404 until it sends initialize if adopt is false', async () => {
    const { url } = await serve({ adopt: false });
    const client = await StreamClient.open(`${url}/sse`, { ...FETCHES, ...NEGOTIATED });
    expect((await client.post(LIST)).status).toBe(404);
    expect((await client.request('ping')).result).toEqual({});
    await client.request('initialize', { protocolVersion: '2025-06-18' });
    expect((await client.request('tools/list')).result).toEqual({ tools: [] });
  });

  it('is served, and the failure is reported, if the server speaks another version', async () => {
    const errors: McpSseErrorCode[] = [];
    const { url, mcp } = await serve({
      server: () => v1McpServer(journal),
      adopt: { capabilities },
      hooks: { onError: ({ code }) => void errors.push(code) },
    });
    const headers = { ...FETCHES, 'Mcp-Protocol-Version': '1999-01-01' };
    const client = await StreamClient.open(`${url}/sse`, headers);
    expect(errors).toEqual(['server-failed']);
    expect([...mcp.sessions][0]?.clientCapabilities).toBeUndefined();
    expect((await client.request('tools/list')).result).toBeDefined();
  });

  it('is distinguished from one that opens its first stream', async () => {
    const { url } = await serve({ adopt: false });
    const client = await StreamClient.open(`${url}/sse`);
    expect((await client.request('tools/list')).result).toEqual({ tools: [] });
  });
});
