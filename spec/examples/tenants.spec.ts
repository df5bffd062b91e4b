import { expect, it } from 'vitest';

import { runExample, textOf } from '../support/run-example.js';
import { fetchText, StreamClient } from '../support/stream-client.js';

const example = runExample('tenants');
const keyOf = (tenant: string): Record<string, string> => ({ 'X-Api-Key': `key-of-${tenant}` });
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

it('gives each tenant a server of its own', async () => {
  const acme = await example.connect('/acme/sse', { headers: keyOf('acme') });
  const globex = await example.connect('/globex/sse', { headers: keyOf('globex') });
  expect(textOf(await acme.callTool({ name: 'motto' }))).toBe('Quality is our recipe');
  expect(textOf(await globex.callTool({ name: 'motto' }))).toBe('What is past is prologue');
});

it('keeps the sessions of one tenant from another that knows their ids', async () => {
  const acme = await StreamClient.open(example.url('/acme/sse').href, keyOf('acme'));
  expect((await acme.post(ping)).status).toBe(202);
  const { search } = new URL(acme.endpoint);
  const stolen = await fetchText(example.url(`/globex/message${search}`).href, {
    method: 'POST',
    headers: { ...keyOf('globex'), 'Content-Type': 'application/json' },
    body: JSON.stringify(ping),
  });
  expect(stolen.status).toBe(404);
});

it.each([
  ['another key', '/acme/sse', keyOf('globex')],
  ['no key', '/acme/sse', {}],
  ['an unknown tenant', '/initech/sse', {}],
  ['another spelling of the path', '/%61cme/sse', keyOf('acme')],
])('refuses %s', async (_, path, headers) => {
  expect((await fetchText(example.url(path).href, { headers })).status).toBe(401);
});

it('notifies the clients of one tenant only', async () => {
  const acme = await StreamClient.open(example.url('/acme/sse').href, keyOf('acme'));
  const globex = await StreamClient.open(example.url('/globex/sse').href, keyOf('globex'));
  await fetchText(example.url('/acme/refresh').href, { method: 'POST', headers: keyOf('acme') });
  expect((await acme.nextMessage()).method).toBe('notifications/tools/list_changed');
  await globex.request('ping');
  expect(globex.messages.filter((message) => 'method' in message)).toEqual([]);
});
