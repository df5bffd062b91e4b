import { expect, it } from 'vitest';

import { JsonRpcError, McpSseError, type JsonRpcMessage } from '../../../lib/index.js';
import { Statistics } from '../../../lib/session/events/statistics.js';
import { expectStats } from '../../support/expect-stats.js';
import { deferred } from '../../support/deferred.js';
import { notification, request } from '../../support/messages.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

it('starts at zero', async () => {
  const { mcp } = await serve();
  expect(mcp.stats()).toEqual({
    ...{ sessions: 0, connected: 0, detached: 0, inFlight: 0, bufferedBytes: 0, totalBytes: 0 },
    cluster: undefined,
    totals: {
      opened: 0,
      restored: 0,
      handedOver: 0,
      detached: 0,
      resumed: 0,
      closed: {},
      messagesIn: 0,
      messagesOut: 0,
      discarded: 0,
      interrupted: 0,
      refused: {},
      errors: {},
    },
  });
});

it('counts sessions, requests in flight and messages both ways', async () => {
  const gate = deferred();
  const handler = (message: JsonRpcMessage): unknown =>
    'method' in message && message.method === 'wait' ? gate.promise : {};
  const { url, mcp } = await serve({ handler });
  const [one, two] = [await StreamClient.open(`${url}/sse`), await StreamClient.open(`${url}/sse`)];
  await one.post([request(1, 'wait'), notification()]);
  await two.request('quick');
  expect(mcp.stats()).toMatchObject({
    sessions: 2,
    inFlight: 1,
    totals: { opened: 2, messagesIn: 3, messagesOut: 1 },
  });
  gate.resolve();
  await one.nextMessage();
  expect(mcp.stats()).toMatchObject({ inFlight: 0, totals: { messagesOut: 2, discarded: 0 } });
});

it('counts closes by reason, and all reasons of the application together', async () => {
  const { url, mcp } = await serve();
  for (const reason of ['server-closed', 'mine', 'theirs', '__proto__']) {
    const client = await StreamClient.open(`${url}/sse`);
    mcp.sessions.get(client.sessionId)?.close(reason);
    await client.end();
  }
  expect(mcp.stats().totals.closed).toEqual({ 'server-closed': 1, other: 3 });
});

it('counts messages that come too late for their session', async () => {
  const gate = deferred();
  const { url, mcp } = await serve({ handler: () => gate.promise });
  const client = await StreamClient.open(`${url}/sse`);
  const session = mcp.sessions.get(client.sessionId)!;
  await client.post([request(1), request(2)]);
  await mcp.closeSessions();
  await session.notify('late').catch(() => undefined);
  gate.resolve();
  expect(mcp.stats()).toMatchObject({ inFlight: 0, sessions: 0, totals: { discarded: 3 } });
});

it('counts refusals and errors by code', async () => {
  const { url, mcp } = await serve({
    handler: (message) => {
      if ('method' in message && message.method === 'told') throw new JsonRpcError(1, 'told');
      throw new Error('untold');
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  await client.post('{');
  await client.post({});
  await client.post({});
  await client.request('told');
  await client.request('untold');
  expect(mcp.stats().totals.refused).toEqual({ 'parse-error': 1, 'invalid-message': 2 });
  expect(mcp.stats().totals.errors).toEqual({ 'server-failed': 1 });
});

it('returns a copy that does not change any more', () => {
  const statistics = new Statistics();
  const before = statistics.snapshot([], 0);
  statistics.opened += 1;
  statistics.countClosed('shutdown');
  statistics.countError(new McpSseError('internal', 'x'));
  statistics.countRefused(new McpSseError('parse-error', 'x'));
  expectStats(
    { stats: () => before },
    { totals: { opened: 0, closed: {}, errors: {}, refused: {} } },
  );
  expect(statistics.snapshot([{ state: 'open', inFlight: 2, bufferedBytes: 30 }], 7)).toMatchObject(
    {
      ...{ sessions: 1, connected: 1, detached: 0, inFlight: 2, bufferedBytes: 30, totalBytes: 7 },
      totals: {
        opened: 1,
        closed: { shutdown: 1 },
        errors: { internal: 1 },
        refused: { 'parse-error': 1 },
      },
    },
  );
});
