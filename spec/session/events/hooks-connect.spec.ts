import { expect, it } from 'vitest';

import { McpSseError, type McpSseHooks } from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { hanging, rejecting, throwing } from '../../support/failing.js';
import { serve } from '../../support/serve.js';
import { openStalled } from '../../support/stalled-client.js';
import { fetchText, StreamClient } from '../../support/stream-client.js';

const GET = { headers: { Accept: 'text/event-stream' } };

it.each<[string, Error, number, string]>([
  ['unauthorized', new McpSseError('unauthorized', 'who are you?'), 401, 'who are you?'],
  ['forbidden', new McpSseError('forbidden', 'not you'), 403, 'not you'],
  ['any error', new Error('secret'), 500, 'Internal error'],
])('refuses the stream when onConnect throws %s', async (_, error, status, message) => {
  for (const onConnect of [rejecting(error), throwing(error)]) {
    const { url, mcp } = await serve({ hooks: { onConnect } });
    const refusal = await fetchText(`${url}/sse`, GET);
    expect(refusal.status).toBe(status);
    expect(JSON.parse(refusal.body).error.message).toBe(message);
    expect(mcp.stats()).toMatchObject({ sessions: 0, totals: { opened: 0, closed: {} } });
  }
});

it('[25] refuses the stream when onConnect does not settle in time', async () => {
  const codes: string[] = [];
  const hooks: McpSseHooks = {
    onConnect: hanging,
    onError: ({ code }) => codes.push(code),
  };
  const { url, mcp } = await serve({ hooks, limits: { hookTimeoutMs: 20, maxSessions: 1 } });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect((await fetchText(`${url}/sse`, GET)).status).toBe(500);
  }
  expect(codes).toEqual(['hook-timeout', 'hook-timeout']);
  expect(mcp.stats()).toMatchObject({ sessions: 0, totals: { opened: 0 } });
});

it('does not take its own refusal for a client that leaves', async () => {
  const signals: AbortSignal[] = [];
  const hooks: McpSseHooks = {
    onConnect(_req, { signal }) {
      signals.push(signal);
      throw new McpSseError('forbidden', 'not you');
    },
  };
  const { url } = await serve({ hooks });
  for (const _ of [1, 2]) expect((await fetchText(`${url}/sse`, GET)).status).toBe(403);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
});

it('accepts no stream before onConnect has resolved', async () => {
  const gate = deferred();
  let asked = false;
  const { url, mcp } = await serve({
    hooks: {
      onConnect() {
        asked = true;
        return gate.promise;
      },
    },
  });
  const opening = StreamClient.open(`${url}/sse`);
  await eventually(() => asked);
  expect(mcp.sessions.size).toBe(0);
  gate.resolve();
  expect((await opening).status).toBe(200);
  expect(mcp.sessions.size).toBe(1);
});

it('[24] opens no session for a client that leaves while onConnect is awaited', async () => {
  const gate = deferred();
  const told: string[] = [];
  let signal: AbortSignal | undefined;
  const { url, port, mcp } = await serve({
    hooks: {
      onConnect(_req, context) {
        ({ signal } = context);
        return gate.promise;
      },
      onSessionOpen: () => told.push('open'),
      onSessionClose: () => told.push('close'),
    },
  });
  const client = await openStalled(port);
  await eventually(() => signal !== undefined);
  client.destroy();
  await eventually(() => signal?.aborted === true);
  gate.resolve();
  // Another client gets through, so the first has had every chance to.
  await StreamClient.open(`${url}/sse`);
  expect(told).toEqual(['open']);
  expect(mcp.stats().totals.opened).toBe(1);
});

it('gives a session without onConnect undefined as data', async () => {
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  expect(mcp.sessions.get(client.sessionId)?.data).toBeUndefined();
});
