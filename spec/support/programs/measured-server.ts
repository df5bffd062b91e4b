// A server in a process of its own, which can be asked what it costs. `SETTINGS` are its limits.
// Its timers come first: the package is to be loaded with those in place.
import { timersDue } from './timers.js';

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';

import express from 'express';

import { mcpSse, type LimitOptions, type Session } from '../../../lib/index.js';

const limits = JSON.parse(process.env.SETTINGS ?? '{}') as LimitOptions;
const reasons = new WeakMap<Session, string>();
const mcp = mcpSse({
  limits,
  hooks: { onSessionClose: (session, reason) => void reasons.set(session, reason) },
});
const app = express();
app.use(mcp);
const server = createServer(
  process.env.MCP_SSE_WAY === 'listener' ? mcp.requestListener(app) : app,
);

export interface Measurement {
  readonly sessions: number;
  readonly opened: number;
  readonly timers: number;
  /** On the server and on the process. */
  readonly listeners: number;
  /** What keeps the process alive. */
  readonly resources: string[];
  /** Bytes after a collection of garbage. */
  readonly held: number;
}

const held = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const listenersOf = (emitter: NodeJS.EventEmitter): number =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);

app.get('/measure', async (_req, res) => {
  for (let pass = 0; pass < 3; pass += 1) {
    globalThis.gc?.();
    await immediate();
  }
  const {
    sessions,
    totals: { opened },
  } = mcp.stats();
  const measurement: Measurement = {
    sessions,
    opened,
    timers: timersDue(),
    listeners: listenersOf(server) + listenersOf(process),
    // Reading a file ends by itself: a module may still be loading.
    resources: process.getActiveResourcesInfo().filter((name) => name !== 'FSReqCallback'),
    held: held(),
  };
  res.json(measurement);
});

export interface Flood {
  /** The reason for which the session was closed; undefined if all could be sent. */
  readonly reason: string | undefined;
  /** The most that was held, garbage apart, and resident, above what it was before. */
  readonly held: number;
  readonly resident: number;
}

/** Sends so many bytes to the session that is opened as the last of so many, awaited or not. */
app.get('/flood', async (req, res) => {
  while (mcp.sessions.size < Number(req.query.sessions)) await immediate();
  const session = [...mcp.sessions].at(-1)!;
  globalThis.gc?.();
  const before = { held: held(), resident: process.memoryUsage.rss() };
  const most = { ...before };
  await flood(session, Number(req.query.bytes), req.query.awaited === 'true', () => {
    if (session.state === 'closed') return;
    most.resident = Math.max(most.resident, process.memoryUsage.rss());
    globalThis.gc?.();
    most.held = Math.max(most.held, held());
  });
  const answer: Flood = {
    reason: reasons.get(session),
    held: most.held - before.held,
    resident: most.resident - before.resident,
  };
  res.json(answer);
});

async function flood(
  session: Session,
  bytes: number,
  awaited: boolean,
  sample: () => void,
): Promise<void> {
  const size = 64_000;
  for (let sent = 0; sent < bytes; sent += size) {
    const sending = session.notify('flood', { text: 'x'.repeat(size), sent });
    if (awaited) await sending.catch(() => undefined);
    if (sent % (16 * size) === 0) {
      sample();
      await immediate();
    }
  }
}

app.post('/close', (_req, res) => {
  res.end();
  void mcp.close({ timeoutMs: 500 }).then(() => server.close());
});

server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
