import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { runExample, textOf } from '../support/run-example.js';
import { fetchText } from '../support/stream-client.js';

const example = runExample('bridge');

it('serves the tool of a stdio server', async () => {
  const client = await example.connect();
  expect(client.getServerVersion()).toMatchObject({ name: 'stdio-only' });
  const greeting = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } });
  expect(textOf(greeting)).toBe('Hello, Ada!');
  await eventually(() => example.stdout.includes('upstream open legacy'), 'its line');
  expect((await fetchText(example.url('/dashboard').href, {})).status).toBe(200);
});

it('gives Prometheus the states of upstream connections, with few labels', async () => {
  const client = await example.connect();
  await client.callTool({ name: 'greet', arguments: { name: 'Ada' } });
  const { body } = await fetchText(example.url('/metrics').href, {});
  expect(body).toMatch(/^mcp_sse_upstream_sessions\{upstream="npx",state="open"\} [12]$/m);
  expect(body).toMatch(/^mcp_sse_upstream_sessions\{upstream="npx",state="failed"\} 0$/m);
  expect(body).toMatch(/^mcp_sse_upstream_processes\{upstream="npx"\} [12]$/m);
  expect(body).toMatch(/^mcp_sse_upstream_opened_total\{upstream="npx"\} [12]$/m);
  expect(body).not.toContain('stdio-server');
});
