import { expect, it, onTestFinished } from 'vitest';

import type { McpSseRouter } from '../../../lib/index.js';
import { throwing } from '../../support/failing.js';
import { notification, request } from '../../support/messages.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

/** What a watcher of the router sees, until it is stopped. */
function watch(mcp: McpSseRouter) {
  const seen: unknown[] = [];
  const stop = mcp.watchMessages((message, session, direction) =>
    seen.push([direction, message, session.id]),
  );
  onTestFinished(stop);
  return { seen, stop };
}

it('shows the messages of both directions, until it is stopped', async () => {
  const { url, mcp } = await serve();
  const { seen, stop } = watch(mcp);
  const client = await StreamClient.open(`${url}/sse`);
  const answer = await client.request('ping');
  expect(seen).toEqual([
    ['in', request(1, 'ping'), client.sessionId],
    ['out', answer, client.sessionId],
  ]);
  stop();
  await client.post(notification());
  expect(seen).toHaveLength(2);
});

// Kills: a watcher that sees the sessions of every router.
it("does not show another router's messages", async () => {
  const [one, two] = [await serve(), await serve()];
  const { seen } = watch(one.mcp);
  const client = await StreamClient.open(`${two.url}/sse`);
  await client.request('ping');
  expect(seen).toEqual([]);
});

it('goes on when a watcher throws, and reports it to onError', async () => {
  const errors: string[] = [];
  const { url, mcp } = await serve({ hooks: { onError: ({ message }) => errors.push(message) } });
  onTestFinished(mcp.watchMessages(throwing(new Error('mine'))));
  const client = await StreamClient.open(`${url}/sse`);
  expect(await client.request('ping')).toMatchObject({ result: {} });
  expect(errors).toEqual(['mine', 'mine']);
});
