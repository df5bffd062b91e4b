import { expect, it } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { numbers, onlySession, sendNumbers } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

interface Request {
  readonly headers: Record<string, unknown>;
}

const header = (name: string) => (req: Request) => req.headers[name] as string | undefined;
const ONE = { User: 'ann', Client: 'one' };

function serveKeyed(options: McpSseOptions = {}) {
  return serve({
    handler: () => ({}),
    security: { principal: header('user') },
    resume: { key: header('client') },
    ...options,
  });
}

it('a client that the application identifies gets its session back', async () => {
  const { url, mcp } = await serveKeyed();
  const client = await StreamClient.open(`${url}/sse`, ONE);
  const session = onlySession(mcp);
  client.drop();
  await eventually(() => session.state === 'detached');
  await sendNumbers(session, 1, 3);
  const again = await StreamClient.open(`${url}/sse`, ONE);
  await eventually(() => numbers(again).length === 3);
  expect(onlySession(mcp)).toBe(session);
  // With no other sign of what it can take, its stream is the plain one.
  expect(again.text).toBe(
    `event: endpoint\ndata: message?sessionId=${session.id}\n\n` +
      [1, 2, 3]
        .map(
          (n) =>
            `event: message\ndata: {"jsonrpc":"2.0","method":"number","params":{"n":${n}}}\n\n`,
        )
        .join(''),
  );
});

it('only messages that it may not have read are sent again', async () => {
  const { url, mcp } = await serveKeyed();
  const client = await StreamClient.open(`${url}/sse`, ONE);
  const session = onlySession(mcp);
  await sendNumbers(session, 1, 3);
  const pong = session.request('ping');
  await sendNumbers(session, 4, 5);
  const { id } = await client.nextMessage(({ method }) => method === 'ping');
  await client.post({ jsonrpc: '2.0', id, result: {} });
  await pong;
  await eventually(() => numbers(client).length === 5);
  client.drop();
  const again = await StreamClient.open(`${url}/sse`, ONE);
  await eventually(() => numbers(again).length === 2);
  expect(numbers(again)).toEqual([4, 5]);
});

it('a client gets a new session if messages that it may have missed were dropped', async () => {
  const resume = { key: header('client'), maxEvents: 3 };
  const { url, mcp } = await serveKeyed({ resume });
  const client = await StreamClient.open(`${url}/sse`, ONE);
  await sendNumbers(onlySession(mcp), 1, 4);
  await eventually(() => numbers(client).length === 4);
  client.drop();
  const again = await StreamClient.open(`${url}/sse`, ONE);
  expect(again.sessionId).not.toBe(client.sessionId);
  // From now on the key is that of the new one, and the old one ends by itself.
  client.drop();
  again.drop();
  const third = await StreamClient.open(`${url}/sse`, ONE);
  expect(third.sessionId).toBe(again.sessionId);
});

it('the same key of another principal is another session', async () => {
  const { url, mcp } = await serveKeyed();
  const anns = await StreamClient.open(`${url}/sse`, ONE);
  const [session] = mcp.sessions;
  const bobs = await StreamClient.open(`${url}/sse`, { ...ONE, User: 'bob' });
  expect(bobs.sessionId).not.toBe(anns.sessionId);
  expect([anns.ended, mcp.sessions.size]).toEqual([false, 2]);
  anns.drop();
  await eventually(() => session?.state === 'detached');
  // Bob's use of the same key has not taken Ann's session from her.
  const again = await StreamClient.open(`${url}/sse`, ONE);
  expect(again.sessionId).toBe(session?.id);
});

it('another key, or no key, gets a session of its own', async () => {
  const { url, mcp } = await serveKeyed();
  const clients = [
    await StreamClient.open(`${url}/sse`, ONE),
    await StreamClient.open(`${url}/sse`, { ...ONE, Client: 'two' }),
    await StreamClient.open(`${url}/sse`, { User: 'ann' }),
    await StreamClient.open(`${url}/sse`, { User: 'ann' }),
  ];
  expect(new Set(clients.map(({ sessionId }) => sessionId)).size).toBe(4);
  clients[3]!.drop();
  // Without a key it has no road back.
  await eventually(() => mcp.sessions.size === 3);
});

it('a key is free again when its session has closed', async () => {
  const { url, mcp } = await serveKeyed();
  const client = await StreamClient.open(`${url}/sse`, ONE);
  onlySession(mcp).close();
  await client.end();
  const again = await StreamClient.open(`${url}/sse`, ONE);
  expect(again.sessionId).not.toBe(client.sessionId);
  expect(onlySession(mcp).id).toBe(again.sessionId);
});

it('a resume key that throws refuses the stream', async () => {
  const { url, mcp } = await serveKeyed({
    resume: {
      key: () => {
        throw new Error('no');
      },
    },
  });
  expect((await StreamClient.begin(`${url}/sse`, ONE)).status).toBe(500);
  expect(mcp.sessions.size).toBe(0);
});
