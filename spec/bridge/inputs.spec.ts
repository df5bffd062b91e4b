import { inputRequired, McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { eventually } from '../support/eventually.js';
import { textOf } from '../support/sdk/clients.js';
import { StreamClient } from '../support/stream-client.js';
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
    server.registerTool('page', TOOL, (_, { mcpReq }) =>
      mcpReq.inputResponses
        ? text('seen')
        : inputRequired({
            inputRequests: {
              page: inputRequired.elicitUrl({ message: 'Look', url: 'https://page.example/' }),
            },
          }),
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

  it('is not asked again for a client that leaves in the meantime', async () => {
    const upstream = await serveModern(newServer);
    const { client, connect } = await bridged(upstream.url);
    await connect();
    const calls = (): number =>
      upstream.requests.filter(({ headers }) => headers['mcp-method'] === 'tools/call').length;
    const abort = new AbortController();
    const call = client.callTool({ name: 'later' }, { signal: abort.signal }).catch(() => 'left');
    await eventually(() => calls() === 1);
    abort.abort();
    expect(await call).toBe('left');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(calls()).toBe(1);
  });

  it('may send the client to a page, by an id that older protocols demand', async () => {
    const upstream = await serveModern(newServer);
    const { served } = await bridged(upstream.url);
    const client = await StreamClient.open(`${served.url}/sse`);
    await client.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: { elicitation: { url: {} } },
      clientInfo: { name: 'raw', version: '1' },
    });
    const params = { name: 'page', arguments: {} };
    await client.post({ jsonrpc: '2.0', id: 'call', method: 'tools/call', params });
    const question = await client.nextMessage(({ method }) => method === 'elicitation/create');
    expect(question.params).toMatchObject({
      mode: 'url',
      url: 'https://page.example/',
      elicitationId: expect.stringMatching(/./),
    });
    await client.post({ jsonrpc: '2.0', id: question.id, result: { action: 'accept' } });
    const { result } = await client.nextMessage(({ id }) => id === 'call');
    expect(textOf(result)).toBe('seen');
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
