import { describe, expect, it } from 'vitest';

import { JsonRpcError, type JsonRpcMessage, type McpSseOptions } from '../../../lib/index.js';
import { request, result } from '../../support/messages.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

const failure = (id: string | number | null, message = 'no') => ({
  jsonrpc: '2.0',
  id,
  error: { code: -32000, message },
});

/** A session, and what reaches the server behind it. */
async function connected(options: McpSseOptions = {}) {
  const received: JsonRpcMessage[] = [];
  const { url, mcp } = await serve({
    ...options,
    handler: (message) => {
      received.push(message);
      return {};
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  return { client, received, mcp, session: mcp.sessions.get(client.sessionId)! };
}

/** Nothing came for the replies: the next message is the answer to this very request. */
async function expectUnanswered(client: StreamClient, seen: number): Promise<void> {
  await client.request('last');
  expect(client.messages).toHaveLength(seen + 1);
}

describe('[45] the reply to a request of the server', () => {
  it('resolves the request, and does not reach the server', async () => {
    const { client, received, session } = await connected();
    const answer = session.request('ping');
    const { id, method } = await client.nextMessage();
    expect(method).toBe('ping');
    expect((await client.post(result(id, { pong: true }))).status).toBe(202);
    expect(await answer).toEqual({ pong: true });
    expect(received).toEqual([]);
    await expectUnanswered(client, 1);
  });

  it('may be an error: the caller gets it, and it gets no answer', async () => {
    const { client, received, session } = await connected();
    const answer = session.request('ping').catch((error: unknown) => error);
    const { id } = await client.nextMessage();
    expect((await client.post(failure(id, 'no such method'))).status).toBe(202);
    expect(await answer).toBeInstanceOf(JsonRpcError);
    expect(await answer).toMatchObject({ code: -32000, message: 'no such method' });
    expect(received).toEqual([]);
    await expectUnanswered(client, 1);
  });

  it('that is late or repeated is consumed without effect', async () => {
    const { client, received, session } = await connected();
    const late = session.request('ping', {}, { timeoutMs: 1 }).catch((error: unknown) => error);
    expect(await late).toMatchObject({ code: 'request-timeout' });
    const { id } = await client.nextMessage();
    const replies = [result(id), result(id, { again: true }), failure(id)];
    for (const reply of replies) expect((await client.post(reply)).status).toBe(202);
    expect((await client.post(replies)).status, 'in a batch').toBe(202);
    expect(received).toEqual([]);
    await expectUnanswered(client, 1);
    expect(session.state).toBe('open');
  });

  it('counts once if it is posted twice together', async () => {
    const { client, session } = await connected();
    const answer = session.request('ping');
    const { id } = await client.nextMessage();
    const both = [result(id, { first: true }), result(id, { first: false })];
    expect((await client.post(both)).status).toBe(202);
    expect(await answer).toEqual({ first: true });
  });

  it('that this package did not ask for goes to the MCP server, and gets no answer', async () => {
    const { client, received } = await connected();
    const replies = [result('unknown'), failure(7), failure(null)];
    for (const reply of replies) expect((await client.post(reply)).status).toBe(202);
    expect(received).toEqual(replies);
    await expectUnanswered(client, 0);
  });

  it('belongs to its own session: the same id from another one does not count', async () => {
    const { client, session, mcp } = await connected();
    const other = await StreamClient.open(client.url);
    const answer = session.request('ping');
    const { id } = await client.nextMessage();
    expect((await other.post(result(id, { from: 'other' }))).status).toBe(202);
    expect((await client.post(result(id, { from: 'own' }))).status).toBe(202);
    expect(await answer).toEqual({ from: 'own' });
    expect(mcp.sessions.size).toBe(2);
  });
});

describe('[45] the reply to a keep-alive ping', () => {
  const pinging = { keepAlive: { intervalMs: 10, ping: true, timeoutMs: 10_000 } };

  it.each([
    ['an empty result', (id: number) => result(id)],
    ['an error', (id: number) => failure(id, 'Method not found')],
  ])('may be %s: the session lives on, and gets the next ping', async (_, reply) => {
    const { client, received, session } = await connected(pinging);
    for (let round = 0; round < 3; round += 1) {
      const { id } = await client.nextMessage(({ method }) => method === 'ping');
      for (const _twice of [1, 2]) expect((await client.post(reply(id))).status).toBe(202);
    }
    expect(received).toEqual([]);
    expect(session.state).toBe('open');
    expect((await client.post(request(1, 'last'))).status).toBe(202);
    expect(await client.nextMessage(({ id }) => id === 1)).toEqual(result(1));
  });
});
