/**
 * One node of a deploy: a process of its own that serves sessions with servers of the SDK. It sends
 * numbered notifications to each session and to all, and when it is asked to end it hands its
 * sessions over.
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  SubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import express from 'express';

import { McpSseError, mcpSse, type Session, type SessionContext } from '../../../lib/index.js';
import { answerParent } from '../../support/program/parent-channel.js';
import { adapters, type AdapterName } from '../adapters.js';
import type { NodeState } from '../requests.js';
import type { Answer, DeployProtocol, KnownSettings, Numbered, Sent, StandIn } from './answers.js';

const [, , adapterName = 'redis', address = '', port = '', journal = '', standIn = ''] =
  process.argv;
const broken = standIn as StandIn;
const NOTIFY_EVERY_MS = 20;
/** Of so many turns one broadcasts. */
const BROADCAST_TURNS = 15;
const CLOSE_MS = 1_500;

interface Data {
  calls: number;
  /** How often the session was handed over. */
  epoch: number;
}

const { adapter, close } = await adapters[adapterName as AdapterName](address);
const last: Record<string, number> = {};
const errors: Record<string, number> = {};
const closed: Record<string, string> = {};
const held = new Set<() => void>();
/** Sessions whose clients are through with their handshake, or with that of an earlier session. */
const ready = new Set<string>();
/** Where a node goes on that is broken: sessions that have moved. */
const moved = new Map<string, number>();
const refused: Record<string, number> = {};
let notifying = false;
let closing = false;
let turns = 0;

function createMcpServer({ session, restored }: SessionContext<Data>): Server {
  const capabilities = { tools: {}, logging: {}, resources: { subscribe: true } };
  const server = new Server({ name: 'node', version: '1' }, { capabilities });
  if (restored) session.data.epoch += 1;
  const subscriptions: string[] = [];
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    if (!(restored && broken === 'forgets')) subscriptions.push(params.uri);
    return {};
  });
  // Clients in Python ask before they call.
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [] }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name } }, { signal }) => {
    for (let run = 0; run < (broken === 'runs twice' ? 2 : 1); run += 1) {
      appendFileSync(journal, `${name} ${session.id}\n`);
    }
    session.data.calls += 1;
    ready.add(session.id);
    const text = await answer(name, { server, session, subscriptions, signal });
    return { content: [{ type: 'text', text }] };
  });
  return server;
}

interface Call {
  readonly server: Server;
  readonly session: Session<Data>;
  readonly subscriptions: readonly string[];
  readonly signal: AbortSignal;
}

/** `…/hold` waits until it is released, `…/ask` asks the client, `…/250` takes 250 ms. */
async function answer(name: string, call: Call): Promise<string> {
  const [, how = '0'] = name.split('/');
  const { session } = call;
  if (how === 'settings') return settings(call);
  if (how.startsWith('ask')) return signed(await ask(name, call), session);
  if (broken === 'keeps silent' && Math.random() < 0.2) await new Promise(() => undefined);
  await new Promise<void>((resolve) => {
    const done = (): void => {
      held.delete(done);
      resolve();
    };
    call.signal.addEventListener('abort', done);
    if (how === 'hold') held.add(done);
    else setTimeout(done, Number(how));
  });
  return signed(name, session);
}

/** With who has answered, and when. */
function signed(name: string, { id, data: { epoch } }: Session<Data>): string {
  const isOther = broken === 'answers as another' && Math.random() < 0.1;
  // The clock is that of the system: the same one in all processes.
  const at = Number(process.hrtime.bigint()) / 1e6;
  const said: Answer = { name, session: id, node, epoch: isOther ? epoch - 1 : epoch, at };
  return JSON.stringify(said);
}

async function settings({ server, session, subscriptions }: Call): Promise<string> {
  // The client has asked for warnings only.
  await server.sendLoggingMessage({ level: 'info', data: 'unwanted' }, session.id);
  const known: KnownSettings = {
    session: session.id,
    subscriptions,
    client: server.getClientVersion()?.name,
    asks: server.getClientCapabilities()?.elicitation !== undefined,
    calls: session.data.calls,
  };
  return JSON.stringify(known);
}

async function ask(name: string, { server }: Call): Promise<string> {
  const { content } = await server.elicitInput({
    message: name,
    requestedSchema: { type: 'object', properties: { answer: { type: 'string' } } },
  });
  return String(content?.answer);
}

const mcp = mcpSse<Data>({
  adapter,
  server: createMcpServer,
  resume: { trackCalls: broken !== 'tells nobody of its calls' },
  hooks: {
    onConnect: () => ({ calls: 0, epoch: 0 }),
    onInitialize: ({ id }) => void ready.add(id),
    onSessionRestore: ({ id }) => void ready.add(id),
    onSessionHandOver: ({ id, data: { epoch } }) => {
      if (broken === 'goes on after it has moved') moved.set(id, epoch);
    },
    onSessionClose: ({ id }, reason) => {
      closed[id] = reason;
    },
    onError: ({ code }) => {
      add(errors, code);
    },
  },
});
const node = mcp.stats().cluster?.node ?? '';

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

function next(to: string, epoch = 0): Numbered {
  last[to] = (last[to] ?? 0) + 1;
  return { node, to, n: last[to], epoch };
}

function notify(session: Session<Data>): void {
  const send = (data: Numbered): void => {
    session.notify('notifications/message', { level: 'warning', data }).catch((error: unknown) => {
      add(refused, McpSseError.from(error).code);
    });
  };
  const {
    id,
    data: { epoch },
  } = session;
  const data = next(id, epoch);
  const isSpecial = data.n % 40 === 0;
  if (isSpecial && broken === 'skips') return;
  if (isSpecial && broken === 'swaps') send(next(id, epoch));
  send(data);
  if (isSpecial && broken === 'repeats') for (let n = 0; n < 3; n += 1) send(data);
}

setInterval(() => {
  if (!notifying) return;
  turns += 1;
  for (const session of mcp.sessions) {
    if (ready.has(session.id) && Math.random() < 0.4) notify(session);
  }
  for (const [id, epoch] of moved) {
    const params = { level: 'warning', data: next(id, epoch) };
    const message = { jsonrpc: '2.0', method: 'notifications/message', params } as const;
    mcp.send(id, message).catch(() => undefined);
  }
  // What is broadcast when all sessions have left is refused, and reported.
  if (turns % BROADCAST_TURNS !== 0 || (closing && mcp.sessions.size === 0)) return;
  const params = { level: 'warning', data: next('*') };
  mcp.broadcast({ jsonrpc: '2.0', method: 'notifications/message', params });
}, NOTIFY_EVERY_MS).unref();

const app = express();
app.use(mcp, mcp.errorHandler);
const server = createServer(app);

function state(): NodeState {
  globalThis.gc?.();
  const { sessions, detached, cluster } = mcp.stats();
  if (!cluster) throw new Error('there is no adapter');
  return { cluster, sessions, detached, heap: process.memoryUsage().heapUsed / 2 ** 20, errors };
}

const totals = (): Sent => ({ node, last, refused, errors, closed });

const tellReady = answerParent<DeployProtocol>(
  {
    sent: () => last,
    totals,
    startNotifying: () => void (notifying = true),
    stopNotifying: () => void (notifying = false),
    releaseCalls: () => {
      for (const done of [...held]) done();
    },
    sessions: () => [...mcp.sessions].map(({ id, state: is }) => ({ id, open: is === 'open' })),
    closed: () => closed,
    block5s: () => undefined,
    block7s: () => undefined,
    closeSessions: () => mcp.closeSessions().then(() => undefined),
    state,
  },
  async () => {
    // As a deploy does: the others take what comes from now on, and pass on what is for this one.
    closing = true;
    server.close();
    await mcp.close({ timeoutMs: CLOSE_MS, handOver: broken !== 'ends' });
    server.closeAllConnections();
    appendFileSync(`${journal}-ended`, `${JSON.stringify(totals())}\n`);
    await close();
  },
);

// It takes requests once it can pass them on, as a readiness probe sees to.
while (mcp.stats().cluster?.up === false) await pause(10);
server.listen(Number(port), '127.0.0.1', () => {
  tellReady(node);
});
