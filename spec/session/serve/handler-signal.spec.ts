import { once } from 'node:events';

import { expect, it } from 'vitest';

import type { HandlerContext, JsonRpcMessage } from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { notification, request, result } from '../../support/messages.js';
import { serve, type Served } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

interface Setup {
  readonly served: Served<unknown>;
  readonly client: StreamClient;
  /** What the handler was told for each request, by the request's id. */
  readonly contexts: Map<unknown, HandlerContext>;
  /** Lets every request that waits be answered. */
  readonly finish: () => void;
}

/** Every request waits for `finish`. */
async function setup(): Promise<Setup> {
  const gate = deferred();
  const contexts = new Map<unknown, HandlerContext>();
  const handler = (message: JsonRpcMessage, context: HandlerContext): unknown => {
    contexts.set('id' in message ? message.id : undefined, context);
    return gate.promise;
  };
  const served = await serve({ handler });
  const client = await StreamClient.open(`${served.url}/sse`);
  return { served, client, contexts, finish: gate.resolve };
}

const cancel = (requestId: unknown): JsonRpcMessage =>
  notification('notifications/cancelled', { requestId, reason: 'enough' });

it('is aborted when the client cancels the request, and no other', async () => {
  const { client, contexts } = await setup();
  await client.post([request(1), request(2)]);
  const [first, second] = [contexts.get(1)!.signal, contexts.get(2)!.signal];
  await client.post(cancel(1));
  await eventually(() => first.aborted);
  expect(first.reason).toMatchObject({ code: 'request-cancelled' });
  expect(second.aborted).toBe(false);
});

it('is aborted even if it is first read after the cancellation', async () => {
  const { client, contexts } = await setup();
  await client.post([request(1), cancel(1)]);
  expect(contexts.get(1)?.signal.aborted).toBe(true);
});

it('[37] is aborted when the session closes, read before or after', async () => {
  const { client, contexts, served } = await setup();
  await client.post([request(1), request(2)]);
  const before = contexts.get(1)!.signal;
  await served.mcp.closeSessions();
  expect(before.reason).toMatchObject({ code: 'session-closed' });
  expect(contexts.get(2)?.signal.reason).toMatchObject({ code: 'session-closed' });
});

it('is the same each time, and is not aborted by the answer', async () => {
  const { client, contexts, finish } = await setup();
  await client.post(request(1));
  const { signal } = contexts.get(1)!;
  finish();
  expect(await client.nextMessage()).toEqual(result(1));
  expect(contexts.get(1)?.signal).toBe(signal);
  expect(signal.aborted).toBe(false);
});

it('is the signal of the session for notifications and responses', async () => {
  const { client, contexts, served } = await setup();
  await client.post(notification());
  const context = contexts.get(undefined)!;
  expect(context.signal).toBe(context.session.signal);
  client.drop();
  await eventually(() => context.signal.aborted);
  await eventually(() => served.mcp.sessions.size === 0);
});

it('does not answer a cancelled request', async () => {
  const { client, contexts, finish, served } = await setup();
  await client.post([request(1), request(2), cancel(1)]);
  expect(contexts.get(1)?.signal.aborted).toBe(true);
  finish();
  expect(await client.nextMessage()).toEqual(result(2));
  await served.mcp.closeSessions();
  await client.end();
  expect(client.messages).toEqual([result(2)]);
});

it('survives a cancellation of an unknown request', async () => {
  const { client, finish } = await setup();
  await client.post([cancel('unknown'), cancel({}), cancel(undefined), request(1)]);
  finish();
  expect(await client.nextMessage()).toEqual(result(1));
});

it.each<[string, (signal: AbortSignal) => unknown]>([
  ['an AbortError', () => new DOMException('The operation was aborted', 'AbortError')],
  ['the reason of its signal', (signal) => signal.reason],
])('does not report %s after the client has cancelled', async (_, thrown) => {
  const errors: string[] = [];
  const { url, mcp } = await serve({
    hooks: { onError: ({ code }) => errors.push(code) },
    handler: async (_message, { signal }) => {
      await once(signal, 'abort');
      throw thrown(signal);
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  await client.post(request(1));
  await client.post(cancel(1));
  await eventually(() => mcp.stats().inFlight === 0);
  expect(errors).toEqual([]);
});

it('reports any other throw of a handler, even after the client has cancelled', async () => {
  const errors: string[] = [];
  const { url, mcp } = await serve({
    hooks: { onError: ({ code }) => errors.push(code) },
    handler: async (_message, { signal }) => {
      await once(signal, 'abort');
      throw new TypeError('a fault');
    },
  });
  const client = await StreamClient.open(`${url}/sse`);
  await client.post(request(1));
  await client.post(cancel(1));
  await eventually(() => mcp.stats().inFlight === 0);
  expect(errors).toEqual(['server-failed']);
});
