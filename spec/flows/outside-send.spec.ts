import { openSession, type TestSession } from 'express-mcp-sse/testing';
import { expect, it, onTestFinished } from 'vitest';

import type { McpSseRouter } from '../../lib/index.js';
import { deferred } from '../support/deferred.js';
import { notification, request, result } from '../support/messages.js';
import { serve } from '../support/serve.js';

interface User {
  name: string;
}

interface Setup {
  readonly mcp: McpSseRouter<User>;
  open(name: string): Promise<TestSession>;
}

/** A stream without a handshake: what the application sends is all that comes. */
async function opened(url: string, headers: Record<string, string> = {}): Promise<TestSession> {
  const session = await openSession(url, { headers, initialize: false });
  onTestFinished(() => session.close());
  return session;
}

async function setup(): Promise<Setup> {
  const { url, mcp } = await serve({
    hooks: { onConnect: (req): User => ({ name: String(req.headers['x-name']) }) },
  });
  return { mcp, open: (name) => opened(url, { 'X-Name': name }) };
}

it('sends any message to one session by its id', async () => {
  const { mcp, open } = await setup();
  const [ann, bob] = [await open('ann'), await open('bob')];
  await mcp.send(ann.sessionId, notification('note', { to: 'ann' }));
  await mcp.send(bob.sessionId, request('of the application', 'roots/list'));
  expect(await ann.next()).toEqual(notification('note', { to: 'ann' }));
  expect(await bob.next()).toEqual(request('of the application', 'roots/list'));
  expect(ann.messages).toHaveLength(1);
});

it('rejects a send to an unknown or closed session', async () => {
  const { mcp, open } = await setup();
  const client = await open('ann');
  const missing = { code: 'session-not-found' };
  await expect(mcp.send('nobody', notification())).rejects.toMatchObject(missing);
  await mcp.closeSessions();
  await expect(mcp.send(client.sessionId, notification())).rejects.toMatchObject(missing);
});

it('broadcasts to all, or to those that a filter accepts, and returns their number', async () => {
  const { mcp, open } = await setup();
  const clients = [await open('ann'), await open('bob'), await open('ann')];
  expect(mcp.broadcast(notification('all'))).toBe(3);
  const anns = { filter: ({ data }: { data: User }) => data.name === 'ann' };
  expect(mcp.broadcast(notification('anns'), anns)).toBe(2);
  expect(mcp.broadcast(notification('nobody'), { filter: () => false })).toBe(0);
  expect(mcp.broadcast(notification('end'))).toBe(3);
  for (const [index, client] of clients.entries()) {
    await client.next('end');
    const expected = index === 1 ? ['all', 'end'] : ['all', 'anns', 'end'];
    expect(client.messages).toEqual(expected.map((method) => notification(method)));
  }
});

it('broadcasts without sessions', async () => {
  const { mcp } = await setup();
  expect(mcp.broadcast(notification())).toBe(0);
});

it('encodes a broadcast once', async () => {
  const { mcp, open } = await setup();
  const clients = [await open('ann'), await open('bob')];
  let encodings = 0;
  const params = { toJSON: () => ({ encodings: (encodings += 1) }) };
  mcp.broadcast(notification('once', params));
  for (const client of clients) {
    expect(await client.next()).toEqual(notification('once', { encodings: 1 }));
  }
});

it('skips a session that the filter of a broadcast closes', async () => {
  const { mcp, open } = await setup();
  const clients = [await open('ann'), await open('bob'), await open('cem')];
  const filter = (session: { data: User; close(): void }): boolean => {
    if (session.data.name !== 'bob') return true;
    session.close();
    return false;
  };
  expect(mcp.broadcast(notification('others'), { filter })).toBe(2);
  await clients[1]!.closed;
  for (const client of [clients[0]!, clients[2]!]) await client.next();
  expect(clients[1]!.messages).toEqual([]);
});

it('lists the open sessions, and looks one up by its id', async () => {
  const { mcp, open } = await setup();
  const [ann, bob] = [await open('ann'), await open('bob')];
  expect(mcp.sessions.size).toBe(2);
  expect([...mcp.sessions].map(({ data }) => data.name)).toEqual(['ann', 'bob']);
  expect(mcp.sessions.get(bob.sessionId)?.data).toEqual({ name: 'bob' });
  expect(mcp.sessions.get('nobody')).toBeUndefined();
  mcp.sessions.get(ann.sessionId)?.close();
  expect([...mcp.sessions].map(({ data }) => data.name)).toEqual(['bob']);
});

it('sends notifications and requests from anywhere, even during a request of the client', async () => {
  const gate = deferred<unknown>();
  const { url, mcp } = await serve({
    async handler(message, { session }) {
      if ('method' in message && message.method === 'ask') {
        gate.resolve(await session.request('elicitation/create', { message: 'Sure?' }));
      }
    },
  });
  const client = await opened(url);
  const session = mcp.sessions.get(client.sessionId)!;
  await session.notify('notifications/tools/list_changed');
  expect(await client.next()).toEqual(notification('notifications/tools/list_changed'));
  await client.post(request(1, 'ask'));
  const question = await client.next();
  expect(question).toMatchObject({ method: 'elicitation/create', params: { message: 'Sure?' } });
  expect(session.inFlight).toBe(1);
  await client.respond(question.id, { action: 'accept' });
  expect(await client.next()).toEqual(result(1));
  expect(await gate.promise).toEqual({ action: 'accept' });
});

// Kills: a broadcast or a send that can go out before the endpoint event.
it('[27] is delivered after the endpoint event, however early it was sent', async () => {
  const { url, mcp } = await serve({
    hooks: {
      onSessionOpen(session) {
        void session.notify('from the hook');
        mcp.broadcast(notification('broadcast'));
        void mcp.send(session.id, notification('by id'));
      },
    },
  });
  const client = await opened(url);
  await client.next('by id');
  expect(client.events[0]?.event).toBe('endpoint');
  expect(client.messages).toEqual(
    ['from the hook', 'broadcast', 'by id'].map((method) => notification(method)),
  );
});

it('[27] does not reach a session that is still opening', async () => {
  const gate = deferred();
  const asked = deferred();
  const { url, mcp } = await serve({
    hooks: {
      async onConnect() {
        asked.resolve();
        await gate.promise;
      },
    },
  });
  const opening = opened(url);
  await asked.promise;
  expect(mcp.broadcast(notification('too early'))).toBe(0);
  gate.resolve();
  const client = await opening;
  expect(mcp.broadcast(notification('now'))).toBe(1);
  expect(await client.next()).toEqual(notification('now'));
});
