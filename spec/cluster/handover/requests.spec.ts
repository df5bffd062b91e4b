import { expect, it } from 'vitest';

import type { JsonRpcMessage } from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { request, result } from '../../support/messages.js';
import { lastId, openWithIds } from '../../support/returning-client.js';
import { endpointAt, serveTwo } from '../../support/serve-nodes.js';
import { post, StreamClient } from '../../support/stream-client.js';

/** A node that leaves while the request 11 of its client runs, until `gate` resolves. */
async function leaveWhileOneRuns() {
  const gate = deferred<object>();
  const handler = (message: JsonRpcMessage): unknown =>
    'method' in message && message.method === 'wait' ? gate.promise : {};
  const [leaving, staying] = await serveTwo({ handler });
  const client = await openWithIds(`${leaving.url}/sse`);
  await client.post(request(11, 'wait'));
  return { gate, leaving, staying, client, closed: leaving.mcp.close() };
}

const INTERRUPTED = { code: -32010, data: { mayHaveRun: true } };

it('answers running requests first; later requests wait and run on the next node', async () => {
  const gate = deferred<object>();
  const ran: string[] = [];
  const [leaving, staying] = await serveTwo({
    handler: (message, { session }) => {
      if (!('method' in message) || !message.method.startsWith('work')) return {};
      ran.push(`${message.method} at ${session === leaving.mcp.sessions.get(session.id) ? 1 : 2}`);
      return message.method === 'work-long' ? gate.promise : {};
    },
  });
  const client = await openWithIds(`${leaving.url}/sse`);
  const headers = { 'Last-Event-ID': lastId(client) };
  const relayed = await StreamClient.open(`${staying.url}/sse`, headers);
  await client.post(request(11, 'work-long'));
  const closed = leaving.mcp.close();
  const local = client.post(request(12, 'work-short'));
  const elsewhere = post(endpointAt(staying, client), request(13, 'work-short'));
  // Answers of the client, which what runs may wait for, pass.
  expect((await client.post(result('any'))).status).toBe(202);
  expect(staying.mcp.sessions.size).toBe(0);
  gate.resolve({});
  expect([(await local).status, (await elsewhere).status]).toEqual([202, 202]);
  await closed;
  await eventually(() => relayed.messages.length === 3, 'three answers');
  const ids = relayed.messages.map((message) => ('id' in message ? message.id : undefined));
  expect(ids[0]).toBe(11);
  expect([...ids].sort()).toEqual([11, 12, 13]);
  expect(ran).toEqual(['work-long at 1', 'work-short at 2', 'work-short at 2']);
});

it('runs a request that has waited for two seconds on the leaving node', async () => {
  const { gate, staying, client, closed } = await leaveWhileOneRuns();
  expect((await client.post(request(12, 'quick'))).status).toBe(202);
  expect(await client.nextMessage(({ id }) => id === 12)).toMatchObject({ result: {} });
  expect(staying.mcp.sessions.size).toBe(0);
  gate.resolve({});
  await closed;
  expect(staying.mcp.sessions.size).toBe(1);
});

it('answers requests that still run at the deadline with an error, once, and aborts them', async () => {
  const gate = deferred<object>();
  let stopped = false;
  const [leaving, staying] = await serveTwo({
    handler: (message, { signal }) => {
      if (!('method' in message) || message.method !== 'wait') return {};
      signal.addEventListener('abort', () => {
        stopped = true;
        gate.resolve({});
      });
      return gate.promise;
    },
  });
  const client = await openWithIds(`${leaving.url}/sse`);
  await client.post(request(11, 'wait'));
  await leaving.mcp.close({ timeoutMs: 50 });
  expect(stopped).toBe(true);
  const headers = { 'Last-Event-ID': lastId(client) };
  const again = await StreamClient.open(`${staying.url}/sse`, headers);
  await again.request('ping');
  const answers = [...client.messages, ...again.messages].filter(
    (message) => 'id' in message && message.id === 11,
  );
  expect(answers).toMatchObject([{ id: 11, error: INTERRUPTED }]);
});

it('refuses waiting requests if no node takes the session after all', async () => {
  const { gate, leaving, staying, client, closed } = await leaveWhileOneRuns();
  const held = leaving.mcp.stats().totalBytes;
  const waiting = client.post(request(12, 'work'));
  await eventually(() => leaving.mcp.stats().totalBytes > held, 'the request that waits');
  await staying.mcp.close();
  gate.resolve({});
  const { status, body } = await waiting;
  expect(status).toBe(503);
  expect(JSON.parse(body).error.message).toContain('shutting down');
  await closed;
});
