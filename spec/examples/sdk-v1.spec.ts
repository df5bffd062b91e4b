import { expect, it } from 'vitest';

import { runExample, textOf } from '../support/run-example.js';

const example = runExample('sdk-v1');

it('serves the tools of an SDK v1 server to an SDK v1 client', async () => {
  const client = await example.connect();
  expect(client.getServerVersion()).toMatchObject({ name: 'sdk-v1' });
  const greeting = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } });
  expect(textOf(greeting)).toBe('Hello, Ada!');
});

it('shows a tool the headers of the POST that called it', async () => {
  const client = await example.connect('/sse', { headers: { 'user-agent': 'spec/1' } });
  expect(textOf(await client.callTool({ name: 'user_agent' }))).toBe('spec/1');
});
