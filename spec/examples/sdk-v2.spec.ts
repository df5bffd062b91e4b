import { Client, SSEClientTransport } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';

import { runExample, textOf } from '../support/run-example.js';

const example = runExample('sdk-v2');

async function connect(headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: 'spec', version: '1.0.0' });
  await client.connect(new SSEClientTransport(example.url('/sse'), { requestInit: { headers } }));
  return example.closeLater(client);
}

it('serves the tools of an SDK v2 server to an SDK v2 client', async () => {
  const client = await connect();
  expect(client.getServerVersion()).toMatchObject({ name: 'sdk-v2' });
  const greeting = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } });
  expect(textOf(greeting)).toBe('Hello, Ada!');
});

it('serves them to an SDK v1 client as well', async () => {
  const client = await example.connect();
  const greeting = await client.callTool({ name: 'greet', arguments: { name: 'Bob' } });
  expect(textOf(greeting)).toBe('Hello, Bob!');
});

it('shows a tool the headers of the POST that called it', async () => {
  const client = await connect({ 'user-agent': 'spec/2' });
  expect(textOf(await client.callTool({ name: 'user_agent' }))).toBe('spec/2');
});
