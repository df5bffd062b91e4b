import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { lastingPort } from '../support/lasting-port.js';
import { newJournal } from '../support/sdk/tools.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { bridged, greet } from './bridged.js';
import { serveV1 } from './upstreams.js';

it.each([404, 400])(
  'survives a restart of the upstream, which then answers %d',
  async (unknown) => {
    const port = await lastingPort();
    const factory = () => v1McpServer(newJournal());
    const first = await serveV1(factory, { port });
    const { client, connect, server } = await bridged(first.url);
    await connect();
    expect(await greet(client)).toBe('Hello, Ann');
    await first.kill();
    await serveV1(factory, { port, unknown });
    expect(await greet(client)).toBe('Hello, Ann');
    expect(await greet(client)).toBe('Hello, Ann');
    const { totals } = server.stats();
    expect(totals.reconnects).toBe(1);
  },
);

it('repeats all requests that an upstream refuses after its restart', async () => {
  const port = await lastingPort();
  const factory = () => v1McpServer(newJournal());
  const first = await serveV1(factory, { port });
  const { client, connect } = await bridged(first.url);
  await connect();
  for (let round = 0, last = first; round < 2; round += 1) {
    await last.kill();
    last = await serveV1(factory, { port });
    const calls = Array.from({ length: 20 }, () => greet(client));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['Hello, Ann']));
  }
});

it('waits for an upstream that restarts', async () => {
  const port = await lastingPort();
  const factory = () => v1McpServer(newJournal());
  const first = await serveV1(factory, { port });
  const { client, connect } = await bridged(first.url);
  await connect();
  await first.kill();
  const call = greet(client);
  setTimeout(() => void serveV1(factory, { port }), 300);
  expect(await call).toBe('Hello, Ann');
});

it('fails calls that ran when the upstream was killed, with an unknown outcome', async () => {
  const port = await lastingPort();
  const journal = newJournal();
  const first = await serveV1(() => v1McpServer(journal), { port });
  const { client, connect } = await bridged(first.url);
  await connect();
  const call = client.callTool({ name: 'wait', arguments: {} });
  await eventually(() => journal.waiting === 1);
  await first.kill();
  await expect(call).rejects.toMatchObject({
    data: { hop: 'upstream', reason: 'closed', outcome: 'unknown' },
  });
});

it('passes no late answer of a client to the next upstream', async () => {
  const port = await lastingPort();
  const factory = () => v1McpServer(newJournal());
  const first = await serveV1(factory, { port });
  const { client, connect, served } = await bridged(first.url);
  /** What to do when the client is asked, one question after the other. */
  const answers: ((roots: { uri: string }[]) => void)[] = [];
  client.setRequestHandler('roots/list', async () => ({
    roots: await new Promise<{ uri: string }[]>((resolve) => answers.push(resolve)),
  }));
  await connect();
  const lost = client.callTool({ name: 'count', arguments: { to: 0 } }).catch(() => 'lost');
  await eventually(() => answers.length === 1);
  await first.kill();
  expect(await lost).toBe('lost');
  await serveV1(factory, { port });
  // Both upstreams count their questions from 0.
  let done = false;
  const second = client.callTool({ name: 'count', arguments: { to: 0 } }).then(() => (done = true));
  await eventually(() => answers.length === 2);
  const [session] = served.mcp.sessions;
  // Not from the client, which was told to forget the question: from one that does not listen.
  const url = `${served.url}/message?sessionId=${session!.id}`;
  const headers = { 'content-type': 'application/json' };
  for (const id of ['bridge:1', 0, '0']) {
    const body = JSON.stringify({ jsonrpc: '2.0', id, result: { roots: [] } });
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(202);
  }
  await client.ping();
  expect(done).toBe(false);
  answers[1]!([]);
  await second;
});

it('sets level and subscriptions at the next upstream, and tells the client that lists have changed', async () => {
  const port = await lastingPort();
  const seen: { method?: string; params?: { uri?: string; level?: string } }[] = [];
  const first = await serveV1(() => v1McpServer(newJournal()), { port });
  const { client, connect } = await bridged(first.url, {
    fetch: (url, init) => {
      if (typeof init?.body === 'string') seen.push(JSON.parse(init.body));
      return fetch(url, init);
    },
  });
  let changes = 0;
  client.setNotificationHandler('notifications/tools/list_changed', () => void (changes += 1));
  await connect();
  await client.setLoggingLevel('error');
  // This upstream refuses to be subscribed to, and is told all the same.
  for (const uri of ['test://a', 'test://b']) {
    await client.request({ method: 'resources/subscribe', params: { uri } }).catch(() => undefined);
  }
  await client.unsubscribeResource({ uri: 'test://a' }).catch(() => undefined);
  await first.kill();
  seen.length = 0;
  await serveV1(() => v1McpServer(newJournal()), { port });
  expect(await greet(client)).toBe('Hello, Ann');
  await eventually(() => changes > 0);
  expect(seen.find(({ method }) => method === 'logging/setLevel')?.params?.level).toBe('error');
  const subscribed = seen.filter(({ method }) => method === 'resources/subscribe');
  expect(subscribed.map(({ params }) => params?.uri)).toEqual(['test://b']);
});
