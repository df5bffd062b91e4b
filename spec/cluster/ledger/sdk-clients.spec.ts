import * as v2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { expect, it, onTestFinished } from 'vitest';

import type { JsonRpcMessage } from '../../../lib/index.js';
import { resumableFetch } from '../../../lib/client/index.js';
import { eventually } from '../../support/eventually.js';
import { FaultyAdapter } from '../../support/faulty-adapter.js';
import { connectSdkClient, type SdkClient } from '../../support/program/sdk-client.js';
import { TcpRelay } from '../../support/program/tcp-relay.js';
import { serveTwo } from '../../support/serve-nodes.js';

const info = { name: 'spec', version: '1' };

function handler(message: JsonRpcMessage): unknown {
  if (!('method' in message)) return {};
  const { method, params } = message;
  if (method === 'initialize') {
    const { protocolVersion } = params ?? {};
    return { protocolVersion, capabilities: { tools: {} }, serverInfo: info };
  }
  if (method !== 'tools/call') return {};
  if (params?.name === 'wait') return new Promise(() => undefined);
  return { content: [{ type: 'text', text: String(params?.name) }] };
}

/** Unmodified, or with `resumableFetch`. */
async function connect(port: number, sdk: 'v1' | 'v2', resumes: boolean) {
  const client: SdkClient = sdk === 'v1' ? new Client(info) : new v2.Client(info);
  onTestFinished(() => client.close());
  const Transport = sdk === 'v1' ? SSEClientTransport : v2.SSEClientTransport;
  const transport = new Transport(new URL(`http://127.0.0.1:${String(port)}/sse`), {
    ...(resumes && { fetch: resumableFetch() }),
  });
  const errors: string[] = [];
  await connectSdkClient(client, transport, {
    onNotification: () => undefined,
    onError: (error) => errors.push(String(error)),
  });
  return { client, errors };
}

it('clients of the SDKs learn soon that their calls may have run, and go on', async () => {
  const adapter = new FaultyAdapter();
  const [owner, other] = await serveTwo({ handler }, adapter);
  const relay = await TcpRelay.to(owner.port);
  onTestFinished(() => {
    relay.close();
  });
  const kinds = [
    ['v1', false],
    ['v2', false],
    ['v1', true],
    ['v2', true],
  ] as const;
  const clients = await Promise.all(
    kinds.map(([sdk, resumes]) => connect(relay.port, sdk, resumes)),
  );
  const call = (client: SdkClient, name: string): Promise<unknown> =>
    client.callTool({ name, arguments: {} });
  for (const { client } of clients) {
    expect(await call(client, 'one')).toMatchObject({ content: [{ text: 'one' }] });
  }
  const outcomes = clients.map(({ client }) =>
    call(client, 'wait').then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  await eventually(() => other.mcp.stats().cluster?.callsKept === 4, 'the calls that are kept');
  // Their POSTs are answered, too, once these are.
  await Promise.all(clients.map(({ client }) => call(client, 'one')));
  const killed = performance.now();
  adapter.dead.add(owner.mcp.stats().cluster!.node);
  relay.leadTo(other.port);
  const errors = await Promise.all(outcomes);
  expect(performance.now() - killed).toBeLessThan(25_000);
  for (const error of errors) {
    expect(error).toMatchObject({ code: -32010, data: { mayHaveRun: true } });
  }
  for (const [index, { client }] of clients.entries()) {
    // One that goes by event ids has lost its session, and is told so.
    if (kinds[index]![1]) continue;
    expect(await call(client, 'two')).toMatchObject({ content: [{ text: 'two' }] });
  }
  const told = clients.flatMap((client) => client.errors).join();
  expect(told).not.toMatch(/unknown message ID/i);
  expect(other.mcp.stats().totals.interrupted).toBe(4);
}, 60_000);
