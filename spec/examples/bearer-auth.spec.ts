import { expect, it } from 'vitest';

import { runExample, textOf } from '../support/run-example.js';
import { fetchText, StreamClient } from '../support/stream-client.js';

const example = runExample('bearer-auth');
const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

it('tells a tool who its caller is', async () => {
  const client = await example.connect('/sse', { headers: bearer('token-of-ada') });
  expect(textOf(await client.callTool({ name: 'whoami' }))).toBe('Ada, by token-of-ada');
  expect(example.stdout).toContain('Ada has connected');
});

it('refuses streams without a valid token', async () => {
  const { href } = example.url('/sse');
  expect((await fetchText(href, {})).status).toBe(401);
  expect((await fetchText(href, { headers: bearer('nonsense') })).status).toBe(401);
});

it('refuses a caller that onConnect refuses', async () => {
  const { href } = example.url('/sse');
  const { status, body } = await fetchText(href, { headers: bearer('token-of-mallory') });
  expect(status).toBe(403);
  expect(JSON.parse(body).error.message).toBe('This account is closed');
});

it('keeps a session for the user who opened it, with a renewed token, too', async () => {
  const client = await StreamClient.open(example.url('/sse').href, bearer('token-of-ada'));
  expect((await client.post(ping, bearer('renewed-token-of-ada'))).status).toBe(202);
  expect((await client.post(ping, bearer('token-of-bob'))).status).toBe(404);
});
