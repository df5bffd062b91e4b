/**
 * One node of the cluster: a process of its own that serves sessions on an adapter. It sends
 * numbered notifications to each, answers calls, and records each call before it runs it, so that
 * the calls of a node that is killed are known too.
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

import express from 'express';

import { mcpSse, type MessageHandler, type Session } from '../../lib/index.js';
import { answerParent } from '../support/program/parent-channel.js';
import { adapters, type AdapterName } from './adapters.js';
import type { NodeProtocol, NodeState } from './requests.js';

const [, , adapterName = 'redis', address = '', port = '', journal = ''] = process.argv;
const NOTIFY_EVERY_MS = 10;
const CLOSE_MS = 1_500;

const { adapter, close } = await adapters[adapterName as AdapterName](address);
const sent: Record<string, number> = {};
const closed: Record<string, string> = {};
const errors: Record<string, number> = {};
const held = new Set<() => void>();
let notifying = false;

const handler: MessageHandler = async (message, { session, signal }) => {
  if (!('method' in message) || !('id' in message)) return undefined;
  if (message.method === 'initialize') {
    const { protocolVersion } = message.params ?? {};
    const serverInfo = { name: 'node', version: '1' };
    return { protocolVersion, capabilities: { tools: {}, logging: {} }, serverInfo };
  }
  if (message.method !== 'tools/call') return {};
  const text = String(message.params?.name);
  appendFileSync(journal, `${text} ${session.id}\n`);
  await delay(text, signal);
  return { content: [{ type: 'text', text }] };
};

/** `…/hold` waits until it is released, `…/250` for 250 ms. */
function delay(call: string, signal: AbortSignal): Promise<void> {
  const [, how = '0'] = call.split('/');
  return new Promise((resolve) => {
    const done = (): void => {
      held.delete(done);
      resolve();
    };
    signal.addEventListener('abort', done);
    if (how === 'hold') held.add(done);
    else setTimeout(done, Number(how));
  });
}

const mcp = mcpSse({
  adapter,
  handler,
  hooks: {
    onSessionOpen: ({ id }) => {
      sent[id] = 0;
    },
    onSessionClose: ({ id }, reason) => {
      closed[id] = reason;
    },
    onError: ({ code }) => {
      errors[code] = (errors[code] ?? 0) + 1;
    },
  },
});

/** Every fortieth one is long, with characters that a cut may split. */
function notify(session: Session): void {
  const n = (sent[session.id] = (sent[session.id] ?? 0) + 1);
  const logger = n % 40 === 0 ? '€😀'.repeat(200) : undefined;
  void session.notify('notifications/message', {
    level: 'info',
    data: { session: session.id, n },
    ...(logger !== undefined && { logger }),
  });
}

setInterval(() => {
  if (!notifying) return;
  for (const session of mcp.sessions) if (Math.random() < 0.5) notify(session);
}, NOTIFY_EVERY_MS).unref();

const app = express();
app.use(mcp, mcp.errorHandler);
const server = createServer(app);

/** The event loop stands still. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

function state(): NodeState {
  globalThis.gc?.();
  const { sessions, detached, cluster } = mcp.stats();
  if (!cluster) throw new Error('there is no adapter');
  const heap = process.memoryUsage().heapUsed / 2 ** 20;
  return { cluster, sessions, detached, heap, errors };
}

const tellReady = answerParent<NodeProtocol>(
  {
    sent: () => sent,
    startNotifying: () => void (notifying = true),
    stopNotifying: () => void (notifying = false),
    releaseCalls: () => {
      for (const done of [...held]) done();
    },
    sessions: () => [...mcp.sessions].map(({ id, state: is }) => ({ id, open: is === 'open' })),
    closed: () => closed,
    block5s: () => {
      block(5_000);
    },
    block7s: () => {
      block(7_000);
    },
    closeSessions: () => mcp.closeSessions().then(() => undefined),
    state,
  },
  async () => {
    // The other nodes take what comes from now on, and pass on what is for this one.
    server.close();
    // Its notifications are numbered by the node, so a session that moved would begin anew.
    await mcp.close({ timeoutMs: CLOSE_MS, handOver: false });
    await close();
  },
);

server.listen(Number(port), '127.0.0.1', () => {
  tellReady(mcp.stats().cluster?.node ?? '');
});
