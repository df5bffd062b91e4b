/** A node of the benchmark of several nodes. It ends with its parent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';
import { createClient } from 'redis';

import type * as Package from '../../lib/index.js';
import type * as RedisPackage from '../../lib/redis/index.js';
import { builtEntry } from '../paths.js';
import { echoResult, type ClientMessage } from '../subjects/echo.js';
import { clock, type OrderName, type Orders, type Push } from './orders.js';

process.setSourceMapsEnabled(false);
process.on('disconnect', () => process.exit(0));

// What is measured is what ships: the build, not the sources.
const { mcpSse } = (await import(builtEntry.href)) as typeof Package;
const { redisAdapter } = (await import(
  new URL('redis/index.js', builtEntry).href
)) as typeof RedisPackage;

const client = createClient({ url: process.argv[2] ?? '' });
client.on('error', () => undefined);
await client.connect();

const mcp = mcpSse({
  adapter: redisAdapter(client),
  handler: (message: ClientMessage) => (message.id === undefined ? undefined : echoResult(message)),
  limits: { maxSessions: 20_000, initializeTimeoutMs: false },
  // So that a stream can be moved to another node with nothing else changed about it.
  resume: { key: (req) => String(req.headers['x-key']) },
});
const app = express();
app.use(mcp);
const server = createServer(app);

/** What is due by the clock is sent in one turn, as it would come from other work. */
async function push({ sessions, count, rate }: Push): Promise<undefined> {
  const targets = sessions.map((id) => mcp.sessions.get(id));
  const began = performance.now();
  for (let sent = 0; sent < count;) {
    const due = rate === undefined ? count : ((performance.now() - began) / 1_000) * rate;
    let room: Promise<void> | undefined;
    for (; sent < Math.min(due, count); sent += 1) {
      room = targets[sent % targets.length]?.notify('n', { n: sent, at: clock() });
      if (rate === undefined && sent % targets.length === 0) await room;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return undefined;
}

const obey: {
  [N in OrderName]: (takes: Orders[N]['takes']) => Orders[N]['gives'] | Promise<Orders[N]['gives']>;
} = {
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  state: () => {
    const { nodes = 1, streamsExported: lent = 0 } = mcp.stats().cluster ?? {};
    return { nodes, lent };
  },
  push,
};

process.on('message', (message: unknown) => {
  const { id, name, takes } = message as { id: number; name: OrderName; takes: never };
  void (async () => process.send?.({ id, gives: await obey[name](takes) }))();
});

server.listen(0, '127.0.0.1', () => {
  process.send?.({ id: 0, gives: (server.address() as AddressInfo).port });
});
