import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer, type McpServerFactory } from '@modelcontextprotocol/server';
import express, { type Express, type RequestHandler } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { deferred } from '../../support/deferred.js';
import { CLIENTS, eraOf } from '../../support/every-client.js';
import { request } from '../../support/messages.js';
import { serve, type ServeOptions } from '../../support/serve.js';

const factory: McpServerFactory = ({ era }) => {
  const server = new McpServer({ name: 'every-era', version: '1' });
  server.registerTool('era', {}, () => ({ content: [{ type: 'text', text: era }] }));
  return server;
};

const JSON_TYPE = { 'Content-Type': 'application/json' };
const STREAMABLE = {
  ...JSON_TYPE,
  Accept: 'application/json, text/event-stream',
  'MCP-Protocol-Version': '2025-11-25',
};
const callEra = JSON.stringify(request(1, 'tools/call', { name: 'era', arguments: {} }));

const post = (url: string, body = callEra, headers: Record<string, string> = STREAMABLE) =>
  fetch(`${url}/sse`, { method: 'POST', headers, body });

const WAYS: [name: string, options: ServeOptions][] = [
  ['through Express', { way: 'router' }],
  ['before Express', { way: 'listener' }],
  ['behind a mount', { mount: '/api/mcp' }],
  ['behind express.json()', { way: 'router', prepare: (app: Express) => app.use(express.json()) }],
];

describe.each(WAYS)('%s', (_, options) => {
  it.each(CLIENTS)('serves a client at the one URL: %s', async (_name, connect, era, sessions) => {
    const streamableHttp = toNodeHandler(createMcpHandler(factory));
    const { url, mcp } = await serve({ server: factory, streamableHttp }, options);
    const client = await connect(new URL(`${url}/sse`));
    onTestFinished(() => client.close());
    expect(await eraOf(client)).toBe(era);
    const { totals } = mcp.stats();
    expect([totals.opened, totals.refused]).toEqual([sessions, {}]);
  });
});

describe('the body', () => {
  const modern = { streamableHttp: toNodeHandler(createMcpHandler(factory)) };
  const routed = (prepare: ServeOptions['prepare']): ServeOptions => ({
    way: 'router',
    ...(prepare && { prepare }),
  });

  it.each<[string, RequestHandler]>([
    ['express.json()', express.json()],
    ['express.text()', express.text({ type: '*/*' })],
    ['express.raw()', express.raw({ type: '*/*' })],
  ])('is accepted as %s has left it', async (_, parser) => {
    const { url } = await serve(
      modern,
      routed((app) => app.use(parser)),
    );
    expect(await (await post(url)).text()).toContain('legacy');
    const { status } = await fetch(`${url}/sse`, { method: 'DELETE' });
    // The SDK's own answer: it keeps no sessions.
    expect(status).toBe(405);
  });

  it('that middleware has read without setting req.body is a fault of the server', async () => {
    const codes: string[] = [];
    const { url } = await serve(
      { ...modern, hooks: { onError: ({ message }) => codes.push(message) } },
      routed((app) =>
        app.use((req, _res, next) => {
          req.resume().once('end', next);
        }),
      ),
    );
    expect((await post(url)).status).toBe(500);
    expect(codes).toEqual([expect.stringContaining('without setting req.body')]);
  });

  it('that flows already is kept while the principal is awaited', async () => {
    const asked = deferred();
    const { url } = await serve(
      { ...modern, security: { principal: () => asked.promise.then(() => 'ann') } },
      routed((app) =>
        app.use((req, _res, next) => {
          req.resume();
          next();
        }),
      ),
    );
    const answer = post(url);
    setImmediate(() => {
      asked.resolve();
    });
    expect(await (await answer).text()).toContain('legacy');
  });
});
