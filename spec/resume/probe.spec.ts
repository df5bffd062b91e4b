import { expect, it } from 'vitest';

import type { JsonRpcMessage, McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import {
  beginAgainAsSdk,
  lastEndpoint,
  FETCHES,
  NEGOTIATED,
  numbers,
  onlySession,
  openAsSdk,
  openWithIds,
  returnAsSdk,
  sendNumbers,
} from '../support/returning-client.js';
import { Relay } from '../support/relay.js';
import { serve } from '../support/serve.js';
import { post, StreamClient } from '../support/stream-client.js';

const ENDPOINT = ({ event }: { event?: string | undefined }): boolean => event === 'endpoint';

/** An SDK client's session, and what reaches the handler. */
async function sdkSession(options: McpSseOptions = {}) {
  const received: JsonRpcMessage[] = [];
  const served = await serve({
    handler: (message) => void received.push(message),
    ...options,
  });
  const url = `${served.url}/sse`;
  const client = await openAsSdk(url);
  return { ...served, url, client, session: onlySession(served.mcp), received };
}

it('an SDK client that answers continues after the last message that it has read', async () => {
  const { client, session, received } = await sdkSession();
  await sendNumbers(session, 1, 3);
  await eventually(() => numbers(client).length === 3);
  client.drop();
  await eventually(() => session.state === 'detached');
  await sendNumbers(session, 4, 6);
  const again = await returnAsSdk(client);
  await eventually(() => numbers(again).length === 3);
  expect(numbers(again)).toEqual([4, 5, 6]);
  // The answer is the probe's own.
  expect(received.some((message) => !('method' in message))).toBe(false);
});

it('a message whose position was cut off is sent again', async () => {
  const { client, session } = await sdkSession();
  await sendNumbers(session, 1, 3);
  await eventually(() => numbers(client).length === 3);
  client.drop();
  await client.end();
  expect(client.events.pop()?.event).toBe('endpoint');
  const again = await returnAsSdk(client);
  await eventually(() => numbers(again).length === 1);
  expect(numbers(again)).toEqual([3]);
});

it('a request that it has answered counts as read, even if the position after it was cut off', async () => {
  const { client, session } = await sdkSession();
  const asked = session.request('roots/list');
  const { id } = await client.nextMessage(({ method }) => method === 'roots/list');
  client.drop();
  await client.end();
  const read = client.events.filter(({ event }) => event !== 'endpoint');
  client.events.splice(0, Infinity, ...client.events.slice(0, 3), ...read.slice(-1));
  expect(lastEndpoint(client)).toMatch(/&n=1\.[\w-]{8}$/);
  await post(lastEndpoint(client), { jsonrpc: '2.0', id, result: { roots: [] } }, NEGOTIATED);
  await asked;
  await eventually(() => session.state === 'detached');
  await sendNumbers(session, 1, 1);
  const again = await returnAsSdk(client);
  expect(again.sessionId).toBe(session.id);
  await eventually(() => numbers(again).length === 1);
  // The probe and the number: nothing is asked twice.
  expect(again.messages).toHaveLength(2);
});

it('a client that does not answer gets a new session without a handshake', async () => {
  const { url, client, session, mcp } = await sdkSession({
    resume: { probeTimeoutMs: 20 },
  });
  client.drop();
  const again = await beginAgainAsSdk(url);
  await again.next(ENDPOINT);
  expect(again.sessionId).not.toBe(session.id);
  expect(mcp.sessions.get(again.sessionId)?.protocolVersion).toBe('2025-06-18');
  // It can answer probes, so its messages have positions from the first on.
  await mcp.notify(again.sessionId, 'number', { n: 1 });
  await again.next(ENDPOINT);
  expect(lastEndpoint(again)).toMatch(/&n=1\.[\w-]{8}$/);
});

it('a late answer is accepted and ignored', async () => {
  const { url, client, received, mcp } = await sdkSession({ resume: { probeTimeoutMs: 20 } });
  const again = await beginAgainAsSdk(url);
  const { id } = await again.nextMessage();
  await again.next(ENDPOINT);
  const before = [received.length, mcp.stats().totals.messagesIn];
  const { status } = await post(lastEndpoint(client), { jsonrpc: '2.0', id, result: {} });
  expect(status).toBe(202);
  expect([received.length, mcp.stats().totals.messagesIn]).toEqual(before);
  expect(again.ended).toBe(false);
});

it('an answer for a lost session is refused, and a new session follows', async () => {
  const { url, client, session } = await sdkSession({ resume: { probeTimeoutMs: 50 } });
  await openWithIds(url); // Somebody must be there, or nobody is asked.
  session.close();
  const again = await beginAgainAsSdk(url);
  const { id } = await again.nextMessage();
  const answer = { jsonrpc: '2.0', id, result: {} };
  expect((await post(lastEndpoint(client), answer)).status).toBe(404);
  await again.next(ENDPOINT);
  expect(again.sessionId).not.toBe(session.id);
});

it("an answer for another principal's session gets a new one", async () => {
  const { url, client, session } = await sdkSession({
    security: { principal: ({ headers }) => headers.user as string | undefined },
  });
  const again = await beginAgainAsSdk(url, { User: 'bob' });
  const { id } = await again.nextMessage();
  await post(lastEndpoint(client), { jsonrpc: '2.0', id, result: {} });
  await again.next(ENDPOINT);
  expect(again.sessionId).not.toBe(session.id);
  expect(client.ended).toBe(false);
});

it('a client whose session cannot be resumed because of a server fault gets no other one', async () => {
  let fails = false;
  const { url, client, session, mcp } = await sdkSession({
    endpoint: (_req, sessionId) => {
      if (!fails) return `/message?sessionId=${sessionId}`;
      fails = false;
      throw new Error('once');
    },
  });
  client.drop();
  await eventually(() => session.state === 'detached');
  const again = await beginAgainAsSdk(url);
  const { id } = await again.nextMessage();
  fails = true;
  await post(lastEndpoint(client), { jsonrpc: '2.0', id, result: {} }, NEGOTIATED);
  await again.end();
  expect([onlySession(mcp), session.state]).toEqual([session, 'detached']);
  expect((await returnAsSdk(client)).sessionId).toBe(session.id);
});

it('a client that leaves during the probe leaves nothing behind', async () => {
  const { url, client, session, mcp } = await sdkSession();
  client.drop();
  await eventually(() => session.state === 'detached');
  const gone = await beginAgainAsSdk(url);
  const { id } = await gone.nextMessage();
  gone.drop();
  await gone.end();
  const again = await returnAsSdk(client);
  // Its answer to the first question comes after that to the second.
  await post(lastEndpoint(client), { jsonrpc: '2.0', id, result: {} }, NEGOTIATED);
  expect([onlySession(mcp), session.state, again.ended]).toEqual([session, 'open', false]);
});

it('no client is probed if there are no sessions', async () => {
  const { url, session, mcp } = await sdkSession();
  session.close();
  const again = await StreamClient.open(url, { ...FETCHES, ...NEGOTIATED });
  expect(again.messages).toEqual([]);
  expect(mcp.sessions.size).toBe(1);
});

it('a client that sends its version but is no EventSource is new, and is not probed', async () => {
  const { url, mcp } = await sdkSession();
  const other = await StreamClient.open(url, { 'Sec-Fetch-Mode': 'cors', ...NEGOTIATED });
  expect(other.messages).toEqual([]);
  expect(mcp.sessions.size).toBe(2);
});

it('a client whose missed messages were dropped gets a new session', async () => {
  const { port, mcp } = await serve({ handler: () => ({}), limits: { maxTotalBytes: 20_000 } });
  const relay = await Relay.to(port);
  const client = await openAsSdk(`${relay.url}/sse`);
  const session = onlySession(mcp);
  relay.loseClients();
  await client.end();
  // So few at a time that what waits for the socket stays within the budget.
  for (let n = 1; n <= 200; n += 20) {
    await sendNumbers(session, n, n + 19);
    await new Promise(setImmediate);
  }
  const again = await returnAsSdk(client);
  expect(again.sessionId).not.toBe(session.id);
  expect(session.state).toBe('open');
});

it('an answer proves that an undecided client can resume', async () => {
  const { url, mcp } = await serve({ handler: () => ({}) });
  const client = await StreamClient.open(`${url}/sse`, FETCHES);
  await client.request('initialize', { protocolVersion: '2025-06-18' });
  const session = onlySession(mcp);
  await sendNumbers(session, 1, 2);
  // The stream is half open, and the client is back before its `initialized`.
  const again = await returnAsSdk(client);
  await eventually(() => numbers(again).length === 2);
  expect(numbers(again)).toEqual([1, 2]);
  expect(again.sessionId).toBe(session.id);
});

it('a client that is probed when the server shuts down is told at once to reconnect', async () => {
  const { url, mcp, client, session } = await sdkSession({ resume: { probeTimeoutMs: 60_000 } });
  client.drop();
  await eventually(() => session.state === 'detached');
  const again = await beginAgainAsSdk(url);
  await again.nextMessage(({ method }) => method === 'ping');
  await mcp.close();
  await again.end();
  expect(again.text).toMatch(/\nretry: \d+\n\n$/);
});
