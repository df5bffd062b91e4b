import * as v2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { resumableFetch } from '../../lib/client/index.js';
import { eventually } from '../support/eventually.js';
import { serve } from '../support/serve.js';

const IDENTITY = { name: 'spec', version: '1' };

/** As an application connects; the errors are those that it is told. */
const sdks = [
  [
    'SDK v1',
    async (url: string, options?: { fetch: typeof fetch }) => {
      const errors: Error[] = [];
      const client = new Client(IDENTITY);
      client.onerror = (error) => errors.push(error);
      await client.connect(new SSEClientTransport(new URL(url), options));
      return { client, errors };
    },
  ],
  [
    'SDK v2',
    async (url: string, options?: { fetch: typeof fetch }) => {
      const errors: Error[] = [];
      const client = new v2.Client(IDENTITY);
      client.onerror = (error) => errors.push(error);
      await client.connect(new v2.SSEClientTransport(new URL(url), options));
      return { client, errors };
    },
  ],
] as const;

describe.each(sdks)('a client of %s whose session is lost', (_, connect) => {
  it('gets an error with code 404 with resumableFetch', async () => {
    const { url, mcp } = await serve({ resume: { retryMs: 10 } });
    const { client, errors } = await connect(`${url}/sse`, {
      fetch: resumableFetch() as typeof fetch,
    });
    onTestFinished(() => client.close());
    await mcp.closeSessions();
    const told = (): number =>
      errors.filter((error) => 'code' in error && error.code === 404).length;
    await eventually(() => told() === 1);
    expect(mcp.stats().totals.refused).toEqual({ 'session-not-found': 1 });
    expect(mcp.sessions.size).toBe(0);
  });

  it('gets a new session without resumableFetch, and works on without a handshake', async () => {
    const { url, mcp } = await serve({ resume: { retryMs: 10 } });
    const { client } = await connect(`${url}/sse`);
    onTestFinished(() => client.close());
    await mcp.closeSessions();
    const tools = () => client.listTools().catch(() => undefined);
    await expect.poll(tools).toMatchObject({ tools: [] });
    expect(mcp.sessions.size).toBe(1);
  });
});
