import { InMemoryServerEventBus, Server } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';

import { McpSseError, mcpSse, type McpSseOptions } from '../../lib/index.js';
import { localAdapter } from '../../lib/adapter/index.js';
import { serve, type Served } from '../support/serve.js';
import { discovered, serveTwo } from '../support/serve-nodes.js';
import { StreamClient } from '../support/stream-client.js';

const NOTE = 'note://1';
const bus = () => new InMemoryServerEventBus();

/** It takes subscriptions, except to one resource. */
function server(): Server {
  const made = new Server(
    { name: 'changes', version: '1' },
    { capabilities: { tools: {}, resources: { subscribe: true } } },
  );
  made.setRequestHandler('resources/subscribe', ({ params }) => {
    if (params.uri === 'note://none') throw new Error('no such note');
    return {};
  });
  made.setRequestHandler('resources/unsubscribe', () => ({}));
  return made;
}

async function initialize(client: StreamClient): Promise<void> {
  await client.request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'spec', version: '1' },
  });
  await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
}

async function connect({ url }: Served<unknown>): Promise<StreamClient> {
  const client = await StreamClient.open(`${url}/sse`);
  await initialize(client);
  return client;
}

/** What the client was told since the last time, up to now. */
async function told(client: StreamClient): Promise<string[]> {
  await client.request('ping');
  return client.messages.flatMap((message) => {
    if (!('method' in message)) return [];
    return message.method.replace('notifications/', '') + JSON.stringify(message.params ?? null);
  });
}

const updated = (uri: string): string => `resources/updated{"uri":"${uri}"}`;

it('notifies of changed lists, with the params of the event', async () => {
  const events = bus();
  const client = await connect(await serve({ server, events }));
  events.publish({ kind: 'tools_list_changed' });
  events.publish({ kind: 'prompts_list_changed' });
  events.publish({ kind: 'resources_list_changed', params: { _meta: { by: 'ann' } } });
  expect(await told(client)).toEqual([
    'tools/list_changednull',
    'prompts/list_changednull',
    'resources/list_changed{"_meta":{"by":"ann"}}',
  ]);
});

it('notifies no client before its handshake is over', async () => {
  const events = bus();
  const served = await serve({ server, events });
  const client = await StreamClient.open(`${served.url}/sse`);
  events.publish({ kind: 'tools_list_changed' });
  await client.request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'spec', version: '1' },
  });
  events.publish({ kind: 'tools_list_changed' });
  expect(client.messages.filter((message) => 'method' in message)).toEqual([]);
  await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  events.publish({ kind: 'tools_list_changed' });
  expect(await told(client)).toEqual(['tools/list_changednull']);
});

it('notifies subscribers of a resource until they unsubscribe', async () => {
  const events = bus();
  const served = await serve({ server, events });
  const [subscriber, other] = [await connect(served), await connect(served)];
  const publish = (uri: string): void => {
    events.publish({ kind: 'resource_updated', uri });
  };
  publish(NOTE);
  await subscriber.request('resources/subscribe', { uri: NOTE });
  expect(
    (await subscriber.request('resources/subscribe', { uri: 'note://none' })).error,
  ).toBeDefined();
  publish(NOTE);
  publish('note://2');
  publish('note://none');
  await subscriber.request('resources/unsubscribe', { uri: NOTE });
  publish(NOTE);
  expect(await told(subscriber)).toEqual([updated(NOTE)]);
  expect(await told(other)).toEqual([]);
});

it('counts subscriptions as bytes that the session holds', async () => {
  const served = await serve({ server });
  const client = await connect(served);
  const before = served.mcp.stats().totalBytes;
  const uri = `note://${'x'.repeat(1_000)}`;
  await client.request('resources/subscribe', { uri });
  const during = served.mcp.stats().totalBytes;
  expect(during - before).toBeGreaterThan(2_000);
  await client.request('resources/unsubscribe', { uri });
  expect(served.mcp.stats().totalBytes).toBe(before);
});

describe('on two nodes', () => {
  it('notifies the sessions of the other one, too', async () => {
    const events = bus();
    const adapter = localAdapter();
    // Published on one node alone.
    const one = await serve({ server, adapter });
    const publisher = await serve({ server, events, adapter });
    await discovered([one, publisher]);
    const client = await connect(one);
    await client.request('resources/subscribe', { uri: NOTE });
    events.publish({ kind: 'tools_list_changed' });
    events.publish({ kind: 'resource_updated', uri: NOTE });
    events.publish({ kind: 'resource_updated', uri: 'note://2' });
    await client.nextMessage(({ method }) => method === 'notifications/resources/updated');
    expect(await told(client)).toEqual(['tools/list_changednull', updated(NOTE)]);
    expect(publisher.mcp.stats().totals.errors).toEqual({});
  });

  it('notifies each session once if the bus itself reaches all nodes', async () => {
    const events = { bus: bus(), shared: true };
    // So that nothing but notifications is counted.
    const resume = { trackCalls: false };
    const nodes = await serveTwo({ server, events, resume }, localAdapter());
    const clients = await Promise.all(nodes.map(connect));
    events.bus.publish({ kind: 'tools_list_changed' });
    for (const client of clients) expect(await told(client)).toEqual(['tools/list_changednull']);
    expect(nodes.map(({ mcp }) => mcp.stats().cluster?.requestsSent)).toEqual([0, 0]);
  });
});

it('follows the bus until it is closed', async () => {
  const events = bus();
  const { mcp } = await serve({ server, events });
  expect(events.listenerCount).toBe(1);
  await mcp.close();
  expect(events.listenerCount).toBe(0);
});

it.each<[string, unknown]>([
  ['nothing', undefined],
  ['a kind that is unknown', { kind: 'tasks_changed' }],
  ['an update without a URI', { kind: 'resource_updated' }],
  ['params that are none', { kind: 'tools_list_changed', params: 'x' }],
  ['params that cannot be sent', { kind: 'tools_list_changed', params: { big: 1n } }],
])('reports %s, without an error for its publisher', async (_, event) => {
  const codes: string[] = [];
  let publish: (given: unknown) => void = () => undefined;
  const events: McpSseOptions['events'] = {
    subscribe(listener) {
      publish = listener as (given: unknown) => void;
      return () => {
        throw new Error('unsubscribed already');
      };
    },
  };
  const { mcp } = await serve({
    server,
    events,
    hooks: { onError: ({ code }) => codes.push(code) },
  });
  publish(event);
  expect(codes).toHaveLength(1);
  expect(['invalid-event', 'not-serializable']).toContain(codes[0]);
  await mcp.close();
  publish({ kind: 'nonsense' });
  expect(codes.slice(1)).toEqual(['internal']);
});

it.each<[string, unknown, RegExp]>([
  ['no bus', {}, /events.*must have subscribe/],
  ['a bus that is none', { bus: 1 }, /events.*must have subscribe/],
  ['an unknown member', { bus: bus(), share: true }, /unknown option events.share/],
  ['a bus that does not subscribe', { subscribe: () => undefined }, /must return a function/],
  [
    'a bus that throws',
    {
      subscribe() {
        throw new Error('no');
      },
    },
    /subscribe\(\) threw/,
  ],
])('refuses %s', (_, events, complaint) => {
  const make = (): unknown => mcpSse({ events: events as never, adapter: localAdapter() });
  expect(make).toThrow(complaint);
  expect(make).toThrow(McpSseError);
});
