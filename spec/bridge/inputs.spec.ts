import { inputRequired, McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { eventually } from '../support/eventually.js';
import { textOf } from '../support/sdk/clients.js';
import { bridged } from './bridged.js';
import { serveModern } from './upstreams.js';

describe('an upstream of 2026 that asks for input', () => {
  const TOOL = { inputSchema: z.object({}) };
  const newServer = (): McpServer => {
    const server = new McpServer({ name: 'asks', version: '1' });
    const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] });
    server.registerTool('later', TOOL, (_, { mcpReq }) =>
      mcpReq.requestState() === 'later'
        ? text('now')
        : inputRequired({ inputRequests: {}, requestState: 'later' }),
    );
    server.registerTool('roots', TOOL, (_, { mcpReq }) =>
      mcpReq.inputResponses
        ? text('answered')
        : inputRequired({ inputRequests: { roots: inputRequired.listRoots() } }),
    );
    server.registerTool('never', TOOL, () =>
      inputRequired({ inputRequests: { roots: inputRequired.listRoots() } }),
    );
    return server;
  };

  it('may ask for a repeated request without a question', async () => {
    const { client, connect } = await bridged((await serveModern(newServer)).url);
    await connect();
    expect(textOf(await client.callTool({ name: 'later' }))).toBe('now');
  });

  it('gets no answer if the client refuses: its error becomes that of its call', async () => {
    const { client, connect } = await bridged((await serveModern(newServer)).url);
    await connect();
    client.setRequestHandler('roots/list', () => {
      throw Object.assign(new Error('Not now'), { code: -32050 });
    });
    await expect(client.callTool({ name: 'roots' })).rejects.toMatchObject({
      code: -32050,
      message: 'Not now',
    });
  });

  it('may not ask forever', async () => {
    const { client, connect } = await bridged((await serveModern(newServer)).url);
    await connect();
    client.setRequestHandler('roots/list', () => ({ roots: [] }));
    await expect(client.callTool({ name: 'never' })).rejects.toMatchObject({
      message: 'The upstream asked for input 10 times',
      data: { reason: 'invalid-answer' },
    });
  });

  it('does not keep a client that leaves in the middle', async () => {
    const { client, connect, server } = await bridged((await serveModern(newServer)).url);
    await connect();
    let asked = false;
    client.setRequestHandler('roots/list', () => {
      asked = true;
      return new Promise<never>(() => undefined);
    });
    const abort = new AbortController();
    const call = client
      .callTool({ name: 'roots' }, { signal: abort.signal })
      .catch(() => 'cancelled');
    await eventually(() => asked);
    abort.abort();
    expect(await call).toBe('cancelled');
    await client.ping();
    expect(server.stats().totals.errors).toEqual({});
  });
});
