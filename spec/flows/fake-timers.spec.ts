import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { eventually } from '../support/eventually.js';
import { notification } from '../support/messages.js';
import { serve, type Served } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

/** Real time for the spec itself. */
const { setImmediate: round } = globalThis;
const turn = (): Promise<void> => new Promise((resolve) => round(resolve));

beforeEach(() => {
  vi.useFakeTimers({
    toFake: [
      ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const),
      ...(['setImmediate', 'clearImmediate', 'queueMicrotask', 'performance', 'Date'] as const),
    ],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server whose calls are answered after `count` events of progress, each in a turn of its own. */
function serveProgress(count: number, text = 'x'): Promise<Served<unknown>> {
  return serve({
    handler: async (message, { session }) => {
      if (!('id' in message)) return undefined;
      for (let progress = 0; progress < count; progress += 1) {
        await session.send(notification('progress', { progress, text }));
        if (progress % 3 === 0) await turn();
      }
      return { done: true };
    },
  });
}

it('streams while the application’s tests fake all timers', async () => {
  const { url } = await serveProgress(20);
  const client = await StreamClient.open(`${url}/sse`);
  for (let call = 0; call < 3; call += 1) {
    expect((await client.request('call')).result).toEqual({ done: true });
  }
  expect(client.messages).toHaveLength(3 * 21);
});

it('streams when fake timers let hours pass', async () => {
  const { url, mcp } = await serveProgress(2);
  const client = await StreamClient.open(`${url}/sse`);
  for (let hour = 0; hour < 3; hour += 1) {
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect((await client.request('call')).result).toEqual({ done: true });
  }
  expect(mcp.sessions.size).toBe(1);
});

it('waits for a slow client, and goes on', async () => {
  const { url } = await serveProgress(240, 'x'.repeat(50_000));
  const client = await StreamClient.open(`${url}/sse`);
  client.pause();
  await client.post({ jsonrpc: '2.0', id: 1, method: 'call' });
  for (let count = 0; count < 50; count += 1) await turn();
  client.resume();
  vi.useRealTimers();
  await eventually(() => client.messages.length === 241, 'all messages');
});
