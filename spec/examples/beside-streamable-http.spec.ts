import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, it } from 'vitest';

import { runExample, textOf } from '../support/run-example.js';

const example = runExample('beside-streamable-http');
const sum = { name: 'add', arguments: { a: 2, b: 3 } };

it('serves a client of HTTP+SSE', async () => {
  const client = await example.connect();
  expect(textOf(await client.callTool(sum))).toBe('5');
});

it('serves a client of Streamable HTTP in the same application', async () => {
  const client = new Client({ name: 'spec', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(example.url('/mcp')));
  example.closeLater(client);
  expect(textOf(await client.callTool(sum))).toBe('5');
});

it('lets a client that tries Streamable HTTP at the SSE URL fall back', async () => {
  const client = new Client({ name: 'spec', version: '1.0.0' });
  const attempt = client.connect(new StreamableHTTPClientTransport(example.url('/sse')));
  await expect(attempt).rejects.toMatchObject({ code: 405 });
  const fallback = await example.connect();
  expect(textOf(await fallback.callTool(sum))).toBe('5');
});
