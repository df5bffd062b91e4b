// Alone: it measures the memory of the process.

import { expect, it } from 'vitest';

import { collectGarbage } from '../support/collect-garbage.js';
import { notification } from '../support/messages.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const MiB = 1024 * 1024;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

it('holds one copy of a broadcast, however many sessions it waits for', async () => {
  const { url, mcp } = await serve();
  for (let count = 0; count < 8; count += 1) await StreamClient.open(`${url}/sse`);
  const before = heapUsed();
  // Nothing is awaited: all of it waits for all of them.
  for (let number = 0; number < 8_000; number += 1) {
    mcp.broadcast(notification('note', { number, pad: 'x'.repeat(1_000) }));
  }
  expect(mcp.stats().bufferedBytes).toBeGreaterThan(60 * MiB);
  expect(heapUsed() - before).toBeLessThan(24 * MiB);
});
