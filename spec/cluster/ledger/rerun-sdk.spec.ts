import * as v2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server';
import { expect, it, onTestFinished } from 'vitest';

import { eventually } from '../../support/eventually.js';
import { FaultyAdapter } from '../../support/faulty-adapter.js';
import { connectSdkClient, type SdkClient } from '../../support/program/sdk-client.js';
import { TcpRelay } from '../../support/program/tcp-relay.js';
import { serveTwo } from '../../support/serve-nodes.js';

const info = { name: 'spec', version: '1' };
const TOOLS = {
  read: { readOnlyHint: true },
  set: { idempotentHint: true },
  add: {},
} as const;

/** Whose first runs never end. */
function factoryOf(sdk: 'v1' | 'v2', run: (name: string) => Promise<string>) {
  return () => {
    const server = sdk === 'v1' ? new McpServer(info) : new McpServerV2(info);
    for (const [name, annotations] of Object.entries(TOOLS)) {
      const tool = async () => ({ content: [{ type: 'text' as const, text: await run(name) }] });
      if (server instanceof McpServer) server.registerTool(name, { annotations }, tool);
      else server.registerTool(name, { annotations }, tool);
    }
    return server;
  };
}

it.each(['v1', 'v2'] as const)(
  'servers and clients of SDK %s: annotated tools run again, others do not',
  async (sdk) => {
    const adapter = new FaultyAdapter();
    const runs: string[] = [];
    let isKilled = false;
    const run = (name: string): Promise<string> => {
      runs.push(name);
      return isKilled ? Promise.resolve(`${name} again`) : new Promise(() => undefined);
    };
    const server = factoryOf(sdk, run);
    const [owner, other] = await serveTwo({ server, resume: { rerun: 'annotated' } }, adapter);
    const relay = await TcpRelay.to(owner.port);
    onTestFinished(() => {
      relay.close();
    });
    const client: SdkClient = sdk === 'v1' ? new Client(info) : new v2.Client(info);
    onTestFinished(() => client.close());
    const Transport = sdk === 'v1' ? SSEClientTransport : v2.SSEClientTransport;
    const url = new URL(`http://127.0.0.1:${String(relay.port)}/sse`);
    await connectSdkClient(client, new Transport(url), { onNotification: () => undefined });
    await client.listTools();
    const outcomes = Object.keys(TOOLS).map((name) =>
      client.callTool({ name, arguments: {} }).catch((error: unknown) => error),
    );
    await eventually(() => other.mcp.stats().cluster?.callsKept === 3, 'the calls that are kept');
    // Their POSTs are answered, too, once this one is.
    await client.listTools();
    isKilled = true;
    adapter.dead.add(owner.mcp.stats().cluster!.node);
    relay.leadTo(other.port);
    const [read, set, add] = await Promise.all(outcomes);
    expect(read).toMatchObject({ content: [{ text: 'read again' }] });
    expect(set).toMatchObject({ content: [{ text: 'set again' }] });
    expect(add).toMatchObject({ code: -32010, data: { mayHaveRun: true } });
    expect(runs.sort()).toEqual(['add', 'read', 'read', 'set', 'set']);
  },
  60_000,
);
