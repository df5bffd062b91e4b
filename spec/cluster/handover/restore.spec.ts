import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';

import { localAdapter } from '../../../lib/adapter/index.js';
import type { McpSseOptions, SessionContext } from '../../../lib/index.js';
import { resumableFetch } from '../../../lib/client/index.js';
import { eventually } from '../../support/eventually.js';
import { lastId, openWithIds } from '../../support/returning-client.js';
import { serve, type Served } from '../../support/serve.js';
import { discovered, serveTwo } from '../../support/serve-nodes.js';
import { StreamClient } from '../../support/stream-client.js';

const isTo =
  (id: unknown) =>
  (message: object): boolean =>
    'id' in message && message.id === id;

/** Two nodes with options of their own; the first one closes. */
async function serveBoth<Data>(
  one: McpSseOptions<Data>,
  other: McpSseOptions<Data>,
): Promise<[Served<Data>, Served<Data>]> {
  const adapter = localAdapter();
  const nodes: [Served<Data>, Served<Data>] = [
    await serve<Data>({ ...one, adapter }),
    await serve<Data>({ ...other, adapter }),
  ];
  await discovered(nodes);
  return nodes;
}

describe('the new server of a session that is handed over', () => {
  it('gets the handshake, the level and the subscriptions again; the client does not see its answers', async () => {
    const told: unknown[] = [];
    const contexts: object[] = [];
    const server = ({ restored, headers, authInfo }: SessionContext): Server => {
      contexts.push({ restored, headers, authInfo });
      const own = new Server(
        { name: 'spec', version: '1' },
        { capabilities: { logging: {}, resources: { subscribe: true } } },
      );
      own.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
        if (restored) told.push(params.level);
        return {};
      });
      own.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
        if (restored) told.push(params.uri);
        return {};
      });
      own.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
      own.oninitialized = () => {
        if (restored) told.push(own.getClientVersion()?.name);
      };
      return own;
    };
    const [leaving, staying] = await serveTwo({ server });
    const url = new URL(`${leaving.url}/sse`);
    const client = new Client({ name: 'the-client', version: '1' });
    onTestFinished(() => client.close());
    const errors: Error[] = [];
    client.onerror = (error) => errors.push(error);
    const fetch = resumableFetch((input, init) =>
      globalThis.fetch(String(input).replace(leaving.url, nodeUrl), init),
    );
    let nodeUrl = leaving.url;
    await client.connect(new SSEClientTransport(url, { fetch, eventSourceInit: { fetch } }));
    await client.setLoggingLevel('warning');
    for (const uri of ['test:a', 'test:b', 'test:c']) await client.subscribeResource({ uri });
    await client.unsubscribeResource({ uri: 'test:b' });
    nodeUrl = staying.url;
    await leaving.mcp.close();
    expect(contexts[1]).toEqual({ restored: true, headers: {}, authInfo: undefined });
    expect(told).toEqual(['the-client', 'warning', 'test:a', 'test:c']);
    const [session] = staying.mcp.sessions;
    await eventually(() => session?.state === 'open', 'the return of the client');
    await client.ping();
    expect(session).toMatchObject({ clientInfo: { name: 'the-client' }, messagesOut: 7 });
    expect(errors.filter((error) => !String(error).includes('SSE'))).toEqual([]);
  });

  it('uses ids of its own, so that no late answer is taken for another one', async () => {
    const server = (): McpServer => {
      const mcp = new McpServer({ name: 'spec', version: '1' });
      mcp.registerTool('ask', {}, async () => {
        const params = {
          message: 'Who?',
          requestedSchema: { type: 'object' as const, properties: {} },
        };
        const { action } = await mcp.server.elicitInput(params);
        return { content: [{ type: 'text', text: action }] };
      });
      return mcp;
    };
    const [leaving, staying] = await serveTwo({ server });
    const client = await openWithIds(`${leaving.url}/sse`);
    const initialize = {
      protocolVersion: '2025-06-18',
      capabilities: { elicitation: {} },
      clientInfo: { name: 'spec', version: '1' },
    };
    await client.request('initialize', initialize);
    await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    await client.post({ jsonrpc: '2.0', id: 'a', method: 'tools/call', params: { name: 'ask' } });
    const before = await client.nextMessage(({ method }) => method === 'elicitation/create');
    expect(before.id).toBe(0);
    await leaving.mcp.close({ timeoutMs: 50 });
    const headers = { 'Last-Event-ID': lastId(client) };
    const again = await StreamClient.open(`${staying.url}/sse`, headers);
    // By the former stream, or by this one; who waits for it at both takes what comes behind it.
    const answers = (): unknown[] => [...client.messages, ...again.messages].filter(isTo('a'));
    await eventually(() => answers().length > 0, 'the answer');
    expect(answers()).toMatchObject([{ id: 'a', error: { code: -32010 } }]);
    await again.post({ jsonrpc: '2.0', id: 'b', method: 'tools/call', params: { name: 'ask' } });
    const { id } = await again.nextMessage(({ method }) => method === 'elicitation/create');
    expect(id).toBe(2 ** 20);
    await again.post({ jsonrpc: '2.0', id: 0, result: { action: 'decline' } });
    await again.post({ jsonrpc: '2.0', id, result: { action: 'accept', content: {} } });
    const { result } = await again.nextMessage((message) => message.id === 'b');
    expect(result.content).toEqual([{ type: 'text', text: 'accept' }]);
    // The application's own requests have ids of their own, too.
    const asked = staying.mcp.sessions.get(client.sessionId)!.request('ping');
    const ping = await again.nextMessage(({ method }) => method === 'ping');
    await again.post({ jsonrpc: '2.0', id: ping.id, result: { well: true } });
    expect(await asked).toEqual({ well: true });
  });

  it('ends the session with a reason if it offers less than before', async () => {
    const handler = (capabilities: object, protocolVersion: string) => ({
      handler: () => ({ protocolVersion, capabilities, serverInfo: { name: 'x', version: '1' } }),
    });
    const cases: [object, string, string][] = [
      [{ tools: {} }, '2025-06-18', 'resources'],
      [{ tools: {}, resources: { subscribe: false } }, '2025-06-18', 'resources.subscribe'],
      [{ tools: {}, resources: { subscribe: true } }, '2025-03-26', 'another protocol version'],
    ];
    for (const [capabilities, version, why] of cases) {
      const errors: string[] = [];
      const reasons: string[] = [];
      const [leaving, staying] = await serveBoth(
        {
          ...handler({ tools: {}, resources: { subscribe: true } }, '2025-06-18'),
          hooks: {
            onError: ({ message }) => errors.push(message),
            onSessionClose: (_, reason) => reasons.push(reason),
          },
        },
        handler(capabilities, version),
      );
      const client = await openWithIds(`${leaving.url}/sse`);
      await leaving.mcp.close();
      await client.end();
      expect(reasons).toEqual(['restore-failed']);
      expect(errors).toEqual([expect.stringContaining(why)]);
      expect(staying.mcp.stats()).toMatchObject({ sessions: 0, totals: { restored: 0 } });
    }
  });
});

describe('session.data', () => {
  it('travels as plain JSON', async () => {
    const data = { user: 'ann', roles: ['a', 'b'], since: null, optional: undefined };
    const [leaving, staying] = await serveTwo<object>({ hooks: { onConnect: () => data } });
    const client = await openWithIds(`${leaving.url}/sse`);
    await leaving.mcp.close();
    const { optional: _, ...plain } = data;
    expect(staying.mcp.sessions.get(client.sessionId)!.data).toEqual(plain);
  });

  it('ends the session if it is not plain JSON, and is reported once', async () => {
    const errors: string[] = [];
    const [leaving, staying] = await serveTwo<object>({
      hooks: { onConnect: () => ({ when: new Date() }), onError: ({ code }) => errors.push(code) },
    });
    const clients = [
      await openWithIds(`${leaving.url}/sse`),
      await openWithIds(`${leaving.url}/sse`),
    ];
    await leaving.mcp.close();
    for (const client of clients) await client.end();
    expect(errors).toEqual(['not-serializable']);
    expect(staying.mcp.sessions.size).toBe(0);
  });

  it('travels as the application saves and restores it', async () => {
    interface Data {
      when: Date;
    }
    const [leaving, staying] = await serveTwo<Data>({
      hooks: { onConnect: () => ({ when: new Date(5) }) },
      resume: {
        save: async ({ data }) => data.when.getTime(),
        restore: async (saved) => ({ when: new Date(Number(saved) + 1) }),
      },
    });
    const client = await openWithIds(`${leaving.url}/sse`);
    await leaving.mcp.close();
    expect(staying.mcp.sessions.get(client.sessionId)!.data).toEqual({ when: new Date(6) });
  });
});

it('calls the hand-over hooks on both sides, and one close for each open', async () => {
  const events: string[] = [];
  const [leaving, staying] = await serveTwo({
    hooks: {
      onSessionOpen: ({ id }) => events.push(`open ${id}`),
      onSessionHandOver: ({ id, state, signal }, node) =>
        events.push(`over ${id} ${state} ${signal.aborted} ${node}`),
      onSessionRestore: ({ id, state }) => events.push(`restore ${id} ${state}`),
      onSessionResume: ({ id }) => events.push(`resume ${id}`),
      onSessionClose: ({ id }, reason) => events.push(`close ${id} ${reason}`),
    },
  });
  const client = await openWithIds(`${leaving.url}/sse`);
  const id = client.sessionId;
  await leaving.mcp.close();
  const headers = { 'Last-Event-ID': lastId(client) };
  const again = await StreamClient.open(`${staying.url}/sse`, headers);
  const { node } = staying.mcp.stats().cluster!;
  staying.mcp.sessions.get(id)!.close('mine');
  await again.end();
  const last = events.splice(1, 2).sort();
  expect(last).toEqual([`over ${id} closed true ${node}`, `restore ${id} detached`]);
  expect(events).toEqual([`open ${id}`, `resume ${id}`, `close ${id} mine`]);
  expect(leaving.mcp.stats().totals).toMatchObject({ opened: 1, handedOver: 1, closed: {} });
  expect(staying.mcp.stats().totals).toMatchObject({ opened: 0, restored: 1 });
});
