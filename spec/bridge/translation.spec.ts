import { Client, SSEClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';

import { bridge, type BridgeOptions } from '../../lib/bridge/index.js';
import { eventually } from '../support/eventually.js';
import { ANSWERS, IDENTITY, textOf, type ConnectClient } from '../support/sdk/clients.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { serve, type Served } from '../support/serve.js';
import { INSTRUCTIONS, modernServer } from './modern-server.js';
import { serveModern } from './upstreams.js';

const CLIENTS: Record<string, ConnectClient> = { v1: connectV1, v2: connectV2 };

async function setup(options: Partial<BridgeOptions> = {}, legacy?: 'stateless') {
  const journal = { waiting: 0, cancelled: 0 };
  const upstream = await serveModern(() => modernServer(journal), legacy ? { legacy } : {});
  const server = bridge({ upstream: upstream.url, ...options });
  const served: Served<unknown> = await serve({ server, resume: { windowMs: 100 } });
  return { journal, upstream, server, served, url: `${served.url}/sse` };
}

async function connect(url: string, headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client(IDENTITY, { capabilities: { elicitation: { url: {} } } });
  onTestFinished(() => client.close());
  await client.connect(new SSEClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

describe.each(['v1', 'v2'])('a client of SDK %s, bridged to 2026-07-28', (version) => {
  const connectClient = CLIENTS[version]!;

  it('connects, lists the tools and calls one', async () => {
    const { url, served, server } = await setup();
    const client = await connectClient(url);
    expect(client.serverName).toBe('modern');
    expect(await client.listTools()).toContain('greet');
    expect(await client.call('greet', { name: 'Ann' })).toBe('Hello, Ann');
    const [session] = served.mcp.sessions;
    expect(session).toMatchObject({ protocolVersion: '2025-11-25', inFlight: 0 });
    expect(server.upstreamOf(session!.id)).toMatchObject({ state: 'open', era: 'modern' });
  });

  it('reports progress, in order and before the result', async () => {
    const { url } = await setup();
    const client = await connectClient(url);
    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }): number => seen.push(progress);
    expect(await client.call('count', { to: 5 }, { onprogress })).toBe('5');
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(client.logs).toEqual([]);
  });

  it("asks the client for the upstream's input, and repeats the call with the answers", async () => {
    const { url } = await setup();
    const client = await connectClient(url);
    const { sampling, elicitation, roots } = ANSWERS;
    expect(JSON.parse(await client.call('ask'))).toEqual({
      state: 'half-way',
      answers: { sample: sampling, name: elicitation, roots },
    });
  });

  it('tells the client that the list of tools has changed', async () => {
    const { url, upstream } = await setup();
    const client = await connectClient(url);
    await eventually(() => {
      upstream.handler.notify.toolsChanged();
      return client.listChanges > 0;
    });
  });

  it('cancels a call at the upstream when the client does', async () => {
    const { url, journal } = await setup();
    const client = await connectClient(url);
    const abort = new AbortController();
    const call = client.call('wait', {}, { signal: abort.signal });
    await eventually(() => journal.waiting === 1);
    abort.abort();
    await expect(call).rejects.toThrow();
    await eventually(() => journal.cancelled === 1);
    expect(await client.call('greet', { name: 'Bo' })).toBe('Hello, Bo');
  });

  it('limits the time of a call, and cancels it at the upstream', async () => {
    const { url, journal } = await setup({ requestTimeoutMs: 2_000 });
    const client = await connectClient(url);
    await expect(client.call('wait')).rejects.toMatchObject({
      data: { hop: 'upstream', reason: 'timeout', outcome: 'unknown' },
    });
    await eventually(() => journal.cancelled === 1);
    expect(await client.call('greet', { name: 'Bo' })).toBe('Hello, Bo');
  });

  it('cancels running calls when the client leaves', async () => {
    const { url, journal } = await setup();
    const client = await connectClient(url);
    const call = client.call('wait').catch(() => 'gone');
    await eventually(() => journal.waiting === 1);
    await client.close();
    expect(await call).toBe('gone');
    await eventually(() => journal.cancelled === 1);
  });
});

it('passes the name, the capabilities and the instructions of the upstream on', async () => {
  const { url } = await setup();
  const client = await connect(url);
  expect(client.getServerVersion()).toEqual({ name: 'modern', version: '2.0.0' });
  expect(client.getInstructions()).toBe(INSTRUCTIONS);
  expect(client.getServerCapabilities()).toMatchObject({
    logging: {},
    tools: { listChanged: true },
    resources: { subscribe: true },
    completions: {},
    prompts: {},
  });
});

it('passes prompts, resources, templates and completion', async () => {
  const client = await connect((await setup()).url);
  const prompt = await client.getPrompt({ name: 'greet', arguments: { name: 'Ann' } });
  expect(prompt.messages).toMatchObject([{ content: { text: 'Greet Ann' } }]);
  expect((await client.listPrompts()).prompts).toHaveLength(1);
  expect((await client.listResources()).resources).toMatchObject([{ uri: 'test://text' }]);
  expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(1);
  const { contents } = await client.readResource({ uri: 'test://many/x' });
  expect(contents).toMatchObject([{ text: 'test://many/x' }]);
  const ref = { type: 'ref/resource' as const, uri: 'test://many/{id}' };
  const { completion } = await client.complete({ ref, argument: { name: 'id', value: 'a' } });
  expect(completion.values).toEqual(['alpha']);
});

it('sends the log level with each request', async () => {
  const client = await connect((await setup()).url);
  const logs: unknown[] = [];
  client.setNotificationHandler(
    'notifications/message',
    ({ params }) => void logs.push(params.data),
  );
  await client.setLoggingLevel('info');
  await client.callTool({ name: 'count', arguments: { to: 1 } });
  await eventually(() => logs.length > 0);
  expect(logs).toEqual(['counted to 1']);
  await client.setLoggingLevel('debug');
  await client.callTool({ name: 'count', arguments: { to: 2 } });
  await eventually(() => logs.length > 2);
  expect(logs.slice(1)).toEqual(['counted to 2', 'all of it']);
});

it('subscribes to a resource, and no longer', async () => {
  const { url, upstream } = await setup();
  const client = await connect(url);
  const uris: string[] = [];
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    uris.push(params.uri);
    expect(params._meta).toBeUndefined();
  });
  await client.subscribeResource({ uri: 'test://text' });
  upstream.handler.notify.resourceUpdated('test://text');
  await eventually(() => uris.length === 1);
  await client.unsubscribeResource({ uri: 'test://text' });
  upstream.handler.notify.resourceUpdated('test://text');
  await client.ping();
  await client.callTool({ name: 'greet', arguments: { name: 'Ann' } });
  expect(uris).toEqual(['test://text']);
});

it('passes errors with their code, message and data', async () => {
  const client = await connect((await setup()).url);
  await expect(client.getPrompt({ name: 'nothing' })).rejects.toMatchObject({ code: -32602 });
  const unknown = client.request({ method: 'vendor/unknown' }, ANYTHING);
  await expect(unknown).rejects.toMatchObject({ code: -32601, message: 'Method not found' });
  // The SDK's client refuses to send it to an upstream of 2026-07-28, which does not have it.
  const older = client.request({ method: 'tasks/list' }, ANYTHING);
  await expect(older).rejects.toMatchObject({ code: -32601, message: 'Method not found' });
});

it('passes `_meta` on, without keys that would change the protocol', async () => {
  const client = await connect((await setup()).url);
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  const _meta = { ...trace, 'io.modelcontextprotocol/protocolVersion': '1999-01-01' };
  const result = await client.callTool({ name: 'meta', arguments: {}, _meta });
  expect(JSON.parse(textOf(result))).toEqual(trace);
  expect(result._meta).toBeUndefined();
});

it('repeats arguments in headers for a tool that asks for that', async () => {
  const client = await connect((await setup()).url);
  const call = { name: 'region', arguments: { region: 'north' } };
  expect(textOf(await client.callTool(call))).toBe('north north');
  expect(textOf(await client.callTool(call))).toBe('north north');
});

it('forwards the listed headers of each request', async () => {
  const { url } = await setup({
    forwardHeaders: ['Authorization'],
    headers: { 'x-own': 'bridge' },
  });
  const client = await connect(url, { Authorization: 'Bearer one', 'x-other': 'no' });
  const headers = JSON.parse(textOf(await client.callTool({ name: 'headers', arguments: {} })));
  expect(headers).toMatchObject({ authorization: 'Bearer one', 'x-own': 'bridge' });
  expect(Object.keys(headers).filter((name) => /x-other|bridge/.test(name))).toEqual([]);
});

it('prefers 2026-07-28 if the server has no sessions for older clients', async () => {
  const { url, server, served } = await setup({}, 'stateless');
  const client = await connectV2(url);
  expect(JSON.parse(await client.call('ask'))).toMatchObject({ state: 'half-way' });
  expect(server.upstreamOf([...served.mcp.sessions][0]!.id)).toMatchObject({ era: 'modern' });
});

it('knows the protocol of the upstream from the session before', async () => {
  const { url, upstream } = await setup();
  // The first request of all is `initialize`, which names no protocol in its headers.
  const initializes = (): number =>
    upstream.requests.filter(({ headers }) => !headers['mcp-protocol-version']).length;
  await connect(url);
  expect(initializes()).toBe(1);
  await connect(url);
  expect(initializes()).toBe(1);
});

it.each(['begins', 'has begun'])(
  'answers a call that is cut off when its stream %s',
  async (when) => {
    const { url, upstream, journal } = await setup();
    const client = await connect(url);
    let begun = false;
    const onprogress = (): void => void (begun = true);
    const options = when === 'has begun' ? { onprogress } : {};
    const call = client.callTool({ name: 'wait', arguments: {} }, options);
    await eventually(() => journal.waiting === 1 && begun === (when === 'has begun'));
    upstream.server.closeAllConnections();
    await expect(call).rejects.toMatchObject({
      code: -32000,
      data: { hop: 'upstream', reason: 'closed', outcome: 'unknown' },
    });
    const again = await client.callTool({ name: 'greet', arguments: { name: 'Ann' } });
    expect(textOf(again)).toBe('Hello, Ann');
  },
);

const ANYTHING = {
  '~standard': { version: 1 as const, vendor: 'spec', validate: (value: unknown) => ({ value }) },
};
