// The server of the soak, in a process of its own. Its tools and hooks fail now and then; it sends
// numbered notifications to each session, and broadcasts. Its timers come first: the package is to
// be loaded with those in place.
import { timersDue } from '../support/programs/timers.js';

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as immediate } from 'node:timers/promises';

import express from 'express';

import { JsonRpcError, mcpSse, type MessageHandler, type Session } from '../../lib/index.js';
import { BODY_LIMIT } from '../hostile/case.js';
import { seededRandom } from '../support/cut-plan.js';
import { connectionsOf } from '../support/open-sockets.js';
import { answerParent } from '../support/program/parent-channel.js';
import { WINDOW_MS, type SoakProtocol, type State } from './requests.js';

const random = seededRandom(Number(process.argv[2] ?? 1));
const NOTIFY_MS = 50;
const BROADCAST_MS = 1_000;
const uncaught: string[] = [];
process.on('unhandledRejection', (reason) => uncaught.push(String(reason)));
process.on('uncaughtException', (error) => uncaught.push(String(error)));

/** How many notifications each session was sent, and the number of the last broadcast. */
const sent = new WeakMap<Session, number>();
let broadcasts = 0;

const hooks = { open: 0, close: 0, unbalanced: 0 };
const open = new Set<string>();
const reasons: Record<string, number> = {};

/** Fails in one of a hundred calls: throws, rejects or hangs. */
function maybeFail(): unknown {
  const chance = random();
  if (chance < 0.004) throw new Error('the hook throws');
  if (chance < 0.008) return Promise.reject(new Error('the hook rejects'));
  return chance < 0.01 ? never : undefined;
}
const never = new Promise<never>(() => undefined);

/** The tools, by name. */
const tools: Readonly<Record<string, (session: Session, text: string) => unknown>> = {
  echo: (_, text) => ({ text }),
  slow: async (_, text) => {
    await new Promise((resolve) => setTimeout(resolve, 1 + random() * 200));
    return { text };
  },
  throws: () => {
    throw new Error('the tool throws');
  },
  rejects: () => Promise.reject(new Error('the tool rejects')),
  refuses: (_, text) => {
    throw new JsonRpcError(-32_050, text);
  },
  strange: () => 1,
  hangs: () => never,
  roots: (session) => session.request('roots/list'),
  sent: (session) => ({ n: sent.get(session) ?? 0, b: broadcasts }),
  flood: (session) => {
    for (let n = 0; n < 24; n += 1) void session.notify('flood', { text: 'x'.repeat(200_000) });
  },
  close: (session) => {
    session.close('soak');
  },
};

const handler: MessageHandler = (message, { session }) => {
  if (!('method' in message) || !('id' in message)) return undefined;
  if (message.method === 'initialize') return { protocolVersion: '2025-06-18', capabilities: {} };
  if (message.method !== 'tools/call') return {};
  const { name, text } = message.params ?? {};
  return tools[String(name)]?.(session, String(text)) ?? {};
};

const mcp = mcpSse({
  handler,
  limits: {
    maxBodyBytes: BODY_LIMIT,
    maxBufferedBytes: 2 * 2 ** 20,
    writeTimeoutMs: 4_000,
    hookTimeoutMs: 500,
  },
  keepAlive: { intervalMs: 3_000, ping: true, timeoutMs: 20_000 },
  resume: { windowMs: WINDOW_MS, probeTimeoutMs: 500, retryMs: 50 },
  hooks: {
    onConnect: (req) => {
      const failure = req.headers['x-soak'];
      if (failure === 'throw') throw new Error('onConnect throws');
      return failure === 'hang' ? never : undefined;
    },
    onSessionOpen: (session) => {
      hooks.open += 1;
      if (open.has(session.id)) hooks.unbalanced += 1;
      open.add(session.id);
      return maybeFail();
    },
    onSessionClose: (session, reason) => {
      reasons[reason] = (reasons[reason] ?? 0) + 1;
      hooks.close += 1;
      if (!open.delete(session.id)) hooks.unbalanced += 1;
      return maybeFail();
    },
    onReceive: maybeFail,
    onSend: maybeFail,
    onSessionDetach: maybeFail,
    onSessionResume: maybeFail,
    onError: maybeFail,
  },
});

setInterval(() => {
  for (const session of mcp.sessions) {
    if (random() > 0.1) continue;
    const n = (sent.get(session) ?? 0) + 1;
    sent.set(session, n);
    const text = random() < 0.02 ? 'año 😀'.repeat(2_000) : '';
    void session.notify('soak', { n, text });
  }
}, NOTIFY_MS).unref();
setInterval(() => {
  broadcasts += 1;
  mcp.broadcast({ jsonrpc: '2.0', method: 'all', params: { b: broadcasts } });
}, BROADCAST_MS).unref();

const app = express();
app.use(mcp, mcp.errorHandler);
const server = createServer(
  process.env.MCP_SSE_WAY === 'listener' ? mcp.requestListener(app) : app,
);
const ownTimers = timersDue();
const delay = monitorEventLoopDelay();
delay.enable();

async function state(): Promise<State> {
  const late = delay.max / 1e6;
  delay.reset();
  for (let pass = 0; pass < 3; pass += 1) {
    globalThis.gc?.();
    await immediate();
  }
  const stats = mcp.stats();
  const { sessions, totals } = stats;
  const { opened, closed, errors, refused, detached, resumed } = totals;
  return {
    ...{ sessions, opened, errors, refused, detached, resumed },
    messagesIn: totals.messagesIn,
    messagesOut: totals.messagesOut,
    connections: await connectionsOf(server),
    closed: Object.values(closed).reduce((sum, count) => sum + count, 0),
    reasons,
    hooks: { ...hooks },
    heap: process.memoryUsage().heapUsed / 2 ** 20,
    timers: timersDue() - ownTimers,
    late,
    resources: process.getActiveResourcesInfo().sort(),
    uncaught,
  };
}

const tellReady = answerParent<SoakProtocol>({ state }, async () => {
  await mcp.close({ timeoutMs: 1_000 });
  server.close();
});

// Clients keep connections for their POSTs, and must not use one that is just being closed.
server.keepAliveTimeout = 120_000;
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  tellReady((server.address() as AddressInfo).port);
});
