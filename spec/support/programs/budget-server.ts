// A server in a small heap of its own, which can be asked what it holds: `/` for one node, and
// `/cut-off` for one whose adapter is out of reach.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as immediate, setTimeout as pause } from 'node:timers/promises';

import express from 'express';

import { mcpSse, type Adapter, type MessageHandler } from '../../../lib/index.js';

/** A slow tool goes on for so long, whatever becomes of its client. */
const SLOW_MS = 1_500;

const handler: MessageHandler = async (message) => {
  if (!('method' in message)) return undefined;
  const { name, arguments: given } = message.params ?? {};
  if (message.method === 'initialize') {
    return {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'budget', version: '1' },
    };
  }
  if (name === 'slow') await pause(SLOW_MS, given);
  if (name === 'long') return { text: 'y'.repeat(1_000) };
  return { echoed: name === 'echo' ? given : undefined };
};

const outOfReach: Adapter = {
  join: async () => {
    throw new Error('out of reach');
  },
};

const closed: Record<string, number> = {};
const mcp = mcpSse({
  handler,
  hooks: { onSessionClose: (_, reason) => void (closed[reason] = (closed[reason] ?? 0) + 1) },
});
const cutOff = mcpSse({ handler, adapter: outOfReach, hooks: { onError: () => {} } });
const app = express();
app.use('/cut-off', cutOff);
app.use(mcp);

export interface BudgetState {
  /** Bytes of heap and of buffers after a collection of garbage. */
  readonly held: number;
  readonly totalBytes: number;
  readonly sessions: number;
  readonly closed: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
}

app.get('/state', async (_req, res) => {
  for (let pass = 0; pass < 3; pass += 1) {
    globalThis.gc?.();
    await immediate();
  }
  const { heapUsed, external } = process.memoryUsage();
  const stats = mcp.stats();
  const state: BudgetState = {
    held: heapUsed + external,
    totalBytes: stats.totalBytes + cutOff.stats().totalBytes,
    sessions: stats.sessions,
    closed,
    refused: stats.totals.refused,
  };
  res.json(state);
});

const server = createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
