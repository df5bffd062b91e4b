import { expect, it } from 'vitest';

import { notification, result } from '../../support/messages.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

async function open(): Promise<StreamClient> {
  const { url } = await serve();
  return StreamClient.open(`${url}/sse`);
}

it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
  'agrees to the protocol version %s',
  async (protocolVersion) => {
    const client = await open();
    const answer = await client.request('initialize', { protocolVersion });
    expect(answer.result).toEqual({
      protocolVersion,
      capabilities: { tools: {}, resources: {}, prompts: {} },
      serverInfo: { name: 'express-mcp-sse', version: expect.any(String) },
    });
  },
);

it.each(['2099-12-31', '', 7, undefined])(
  'offers its latest version to a request for %s',
  async (protocolVersion) => {
    const client = await open();
    const answer = await client.request('initialize', { protocolVersion });
    expect(answer.result.protocolVersion).toBe('2025-11-25');
  },
);

it('returns empty lists for each of its capabilities', async () => {
  const client = await open();
  const listed = async (method: string): Promise<unknown> => (await client.request(method)).result;
  expect(await listed('ping')).toEqual({});
  expect(await listed('tools/list')).toEqual({ tools: [] });
  expect(await listed('resources/list')).toEqual({ resources: [] });
  expect(await listed('resources/templates/list')).toEqual({ resourceTemplates: [] });
  expect(await listed('prompts/list')).toEqual({ prompts: [] });
});

it.each(['tools/call', 'no/such/method', 'toString', '__proto__'])(
  'rejects the unknown method %s',
  async (method) => {
    const client = await open();
    const { error } = await client.request(method);
    expect(error).toEqual({ code: -32601, message: 'Method not found' });
  },
);

it('answers neither notifications nor responses', async () => {
  const client = await open();
  await client.post([notification('notifications/initialized'), notification('ping'), result(8)]);
  await client.request('ping');
  expect(client.messages).toEqual([result(1)]);
});
