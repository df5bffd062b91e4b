/**
 * One node of the ordeal: a process of its own that serves sessions on an adapter. It sends
 * numbered notifications to each, answers calls, and writes down each call that it runs, before
 * anything else, so that even a node that is killed has said what it did.
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

import express from 'express';

import { mcpSse, type MessageHandler, type Session } from '../../lib/index.js';
import { adapters, type AdapterName } from './adapters.js';
import type { NodeMessage, NodeState, OrderName, Orders } from './orders.js';

const [, , adapterName = 'redis', adapterPort = '', port = '', journal = ''] = process.argv;
const TURN_MS = 10;
const CLOSE_MS = 1_500;

const { adapter, close } = await adapters[adapterName as AdapterName](Number(adapterPort));
const sent: Record<string, number> = {};
const errors: Record<string, number> = {};
const held = new Set<() => void>();
let talking = false;

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
  await patience(text, signal);
  return { content: [{ type: 'text', text }] };
};

/** `…/hold`: until it is released; `…/250`: so many milliseconds. */
function patience(call: string, signal: AbortSignal): Promise<void> {
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
  adapter: adapter,
  handler,
  // A machine that does much else must not look like a client that does not answer.
  resume: { retryMs: 100, probeTimeoutMs: 10_000 },
  hooks: {
    onSessionOpen: ({ id }) => {
      sent[id] = 0;
    },
    onError: ({ code }) => {
      errors[code] = (errors[code] ?? 0) + 1;
    },
  },
});

/** Now and then a long one, with characters that a cut may split. */
function talkTo(session: Session): void {
  const n = (sent[session.id] = (sent[session.id] ?? 0) + 1);
  const logger = n % 40 === 0 ? '€😀'.repeat(200) : undefined;
  void session.notify('notifications/message', {
    level: 'info',
    data: { session: session.id, n },
    ...(logger !== undefined && { logger }),
  });
}

setInterval(() => {
  if (!talking) return;
  for (const session of mcp.sessions) if (Math.random() < 0.5) talkTo(session);
}, TURN_MS).unref();

const app = express();
app.use(mcp, mcp.errorHandler);
const server = createServer(app);

const obey: { [Name in OrderName]: () => Orders[Name] | Promise<Orders[Name]> } = {
  sent: () => sent,
  talk: () => void (talking = true),
  hush: () => void (talking = false),
  release: () => {
    for (const done of [...held]) done();
  },
  clear: () => mcp.closeSessions().then(() => undefined),
  state,
};

function state(): NodeState {
  globalThis.gc?.();
  const {
    sessions,
    detached,
    cluster,
    totals: { resumed },
  } = mcp.stats();
  if (!cluster) throw new Error('there is no adapter');
  const heap = process.memoryUsage().heapUsed / 2 ** 20;
  return { cluster, sessions, detached, heap, errors, resumed };
}

const tell = (message: NodeMessage): void => void process.send?.(message);

process.on('message', (message: unknown) => {
  const { id, name } = message as { id: number; name: OrderName };
  void (async () => {
    tell({ kind: 'done', id, gives: await obey[name]() });
  })();
});
// The parent is gone: nobody else would end this.
process.on('disconnect', () => process.exit());

process.once('SIGTERM', () => {
  // Nothing new is taken: what comes goes to the other nodes, and they pass on what is for us.
  server.close();
  void mcp.close({ timeoutMs: CLOSE_MS }).then(async () => {
    await close();
    process.removeAllListeners('disconnect');
    process.disconnect();
  });
});

server.listen(Number(port), '127.0.0.1', () => {
  tell({ kind: 'listening', node: mcp.stats().cluster?.node ?? '' });
});
