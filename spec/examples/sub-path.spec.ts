import { expect, it } from 'vitest';

import { runExample, textOf } from '../support/run-example.js';
import { fetchText, post, StreamClient } from '../support/stream-client.js';

const example = runExample('sub-path');

it('serves each tenant below its own path', async () => {
  const acme = await example.connect('/api/v1/acme/sse');
  const globex = await example.connect('/api/v1/globex/sse');
  expect(textOf(await acme.callTool({ name: 'motto' }))).toBe('Quality is our recipe');
  expect(textOf(await globex.callTool({ name: 'motto' }))).toBe('What is past is prologue');
  const stats = JSON.parse((await fetchText(example.url('/api/v1/stats').href, {})).body);
  expect(stats).toMatchObject({ acme: { sessions: 1 }, globex: { sessions: 1 } });
});

it("refuses a message for another tenant's session", async () => {
  const { sessionId } = await StreamClient.open(example.url('/api/v1/acme/sse').href);
  const url = example.url(`/api/v1/globex/message?sessionId=${sessionId}`);
  const { status } = await post(url.href, { jsonrpc: '2.0', id: 1, method: 'ping' });
  expect(status).toBe(404);
});
