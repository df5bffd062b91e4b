import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { expect, it } from 'vitest';

import { McpSseError, type McpSseChannels, type Session } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { throwing } from '../../support/failing.js';
import { listenTo } from '../../support/listen.js';
import { notification, request, result } from '../../support/messages.js';
import {
  lastId,
  onlySession,
  openWithIds,
  returnWithId,
  sendNumbers,
} from '../../support/returning-client.js';
import { serve } from '../../support/serve.js';
import { openStalled } from '../../support/stalled-client.js';
import { StreamClient } from '../../support/stream-client.js';

const SECRET = 'what-the-message-says';
const secret = { text: SECRET };

// Kills: publishing a close before the open, or none of the two.
it('publishes the open and the close of a session, with its reason', async () => {
  const opens = listenTo('mcp-sse:session.open');
  const closes = listenTo('mcp-sse:session.close');
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  const session = mcp.sessions.get(client.sessionId)!;
  expect(opens).toEqual([{ session }]);
  expect(closes).toEqual([]);
  session.close('enough');
  expect(closes).toEqual([{ session, reason: 'enough' }]);
});

// Kills: telling of an open before the hook is known to run.
it('keeps the hooks in order if a subscriber closes the session of its event', async () => {
  const told: string[] = [];
  const { url } = await serve({
    hooks: {
      onSessionOpen: () => told.push('open'),
      onSessionClose: () => told.push('close'),
    },
  });
  const close = (payload: unknown): void => {
    (payload as McpSseChannels['mcp-sse:session.open']).session.close();
  };
  subscribe('mcp-sse:session.open', close);
  const client = await StreamClient.begin(`${url}/sse`);
  unsubscribe('mcp-sse:session.open', close);
  await client.end();
  await eventually(() => told.length === 2);
  expect(told).toEqual(['open', 'close']);
});

it('publishes the loss of a stream, and the return of its client', async () => {
  const detaches = listenTo('mcp-sse:session.detach');
  const resumes = listenTo('mcp-sse:session.resume');
  const { url, mcp } = await serve();
  const client = await openWithIds(`${url}/sse`);
  const session = onlySession(mcp).handle;
  expect(lastId(client)).not.toBe('');
  client.drop();
  await eventually(() => session.state === 'detached');
  expect(detaches).toEqual([{ session, reason: 'client-disconnected' }]);
  expect(resumes).toEqual([]);
  await returnWithId(client);
  expect(resumes).toEqual([{ session }]);
});

it('publishes kind, method, type of id and bytes of incoming messages', async () => {
  const heard = listenTo('mcp-sse:message.in');
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  const session = mcp.sessions.get(client.sessionId)!;
  const asked = request('a', 'ping', secret);
  await client.post(asked);
  await client.post(notification('tell', secret));
  await client.post(result(7, secret));
  await client.post({ jsonrpc: '2.0', id: null, error: { code: 1, message: SECRET } });
  expect(heard).toMatchObject([
    { session, kind: 'request', method: 'ping', idType: 'string' },
    { session, kind: 'notification', method: 'tell', idType: undefined },
    { session, kind: 'result', method: undefined, idType: 'number' },
    { session, kind: 'error', method: undefined, idType: undefined },
  ]);
  expect(heard[0]!.bytes).toBe(JSON.stringify(asked).length);
});

it('publishes no bytes for members of a batch', async () => {
  const heard = listenTo('mcp-sse:message.in');
  const { url } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  await client.post([notification('one'), notification('two')]);
  expect(heard).toMatchObject([
    { method: 'one', bytes: undefined },
    { method: 'two', bytes: undefined },
  ]);
});

it('publishes outgoing messages, with the bytes of their events', async () => {
  const heard = listenTo('mcp-sse:message.out');
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  const session = mcp.sessions.get(client.sessionId)!;
  await session.notify('tell', { text: 'zwölf' });
  const { length } = Buffer.from(
    `event: message\ndata: ${JSON.stringify(notification('tell', { text: 'zwölf' }))}\n\n`,
  );
  expect(heard).toEqual([
    { session, kind: 'notification', method: 'tell', idType: undefined, bytes: length },
  ]);
});

it("publishes refusals, without the client's input", async () => {
  const heard = listenTo('mcp-sse:refused');
  const { url } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  await client.post(`{"${SECRET}`);
  expect(heard).toEqual([
    { code: 'parse-error', message: 'the body is not JSON', reason: undefined },
  ]);
});

it('publishes the errors that onError gets', async () => {
  const heard = listenTo('mcp-sse:error');
  const { url, mcp } = await serve({ handler: throwing(new Error('mine')) });
  const client = await StreamClient.open(`${url}/sse`);
  await client.request('work');
  expect(heard).toEqual([
    { session: mcp.sessions.get(client.sessionId), error: expect.any(McpSseError) },
  ]);
  expect(heard[0]!.error).toMatchObject({ code: 'server-failed', cause: { message: 'mine' } });
});

// Kills: a wait that is published when it begins, or only when it ends well.
it('publishes that a write waited for its client, and whether the client read on', async () => {
  const heard = listenTo('mcp-sse:writer.stall');
  const { port, mcp } = await serve({ limits: { writeTimeoutMs: 60_000 } });
  const readsOn = await openStalled(port);
  await eventually(() => mcp.sessions.size === 1);
  const first = onlySession(mcp).handle;
  await fill(first);
  const before = heard.length; // Short ones, as long as the kernel took it.
  readsOn.resume();
  await eventually(() => first.bufferedBytes === 0);
  expect(heard[before]).toMatchObject({ session: first, drained: true });
  expect(heard[before]!.waitedMs).toBeGreaterThan(0);
  expect(heard[before]!.bufferedBytes).toBeGreaterThan(0);
  expect(heard.every(({ drained }) => drained)).toBe(true);
  readsOn.destroy();
  await eventually(() => mcp.sessions.size === 0);
  const leaves = await openStalled(port);
  await eventually(() => mcp.sessions.size === 1);
  const second = onlySession(mcp).handle;
  await fill(second);
  leaves.destroy();
  await eventually(() => heard.at(-1)?.drained === false);
  expect(heard.at(-1)).toMatchObject({ session: second });
});

it('publishes when a router begins to shut down, and when it is done', async () => {
  const heard = listenTo('mcp-sse:shutdown');
  const { url, mcp } = await serve();
  await StreamClient.open(`${url}/sse`);
  const closing = mcp.close();
  expect(heard).toEqual([{ sessions: mcp.sessions, finished: false }]);
  await closing;
  expect(heard[0]!.sessions).toBe(mcp.sessions);
  expect(heard[1]).toEqual({ sessions: mcp.sessions, finished: true });
});

// Kills: a message, or a part of it, in a payload.
it('publishes no contents of messages', async () => {
  const names = ['mcp-sse:message.in', 'mcp-sse:message.out', 'mcp-sse:refused'] as const;
  const heard = names.map((name) => listenTo(name));
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  await client.request('ping', secret);
  await client.post(`{"${SECRET}`);
  await onlySession(mcp).notify('tell', secret);
  const facts = heard.flat().map((payload) => ({ ...payload, session: undefined }));
  expect(facts).toHaveLength(4);
  expect(JSON.stringify(facts)).not.toContain(SECRET);
});

it('counts the messages of each session', async () => {
  const { url, mcp } = await serve();
  const client = await openWithIds(`${url}/sse`);
  await sendNumbers(onlySession(mcp), 1, 3);
  await client.request('ping');
  expect(onlySession(mcp)).toMatchObject({ messagesIn: 2, messagesOut: 5 });
});

/** Sends more than the kernel takes for a reader that does not read. */
async function fill(session: Session): Promise<void> {
  const chunk = { text: 'x'.repeat(60_000) };
  for (let sent = 0; sent < 12_000_000; sent += chunk.text.length) void session.notify('f', chunk);
  // Until nothing moves any more: the kernel has taken what it takes.
  for (let before = 12_000_000; session.bufferedBytes < before || before === 12_000_000;) {
    before = session.bufferedBytes;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(session.bufferedBytes).toBeGreaterThan(0);
}
