/** One of two nodes on Redis, by who knows which calls run. */
import { createServer, type RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { createClient } from 'redis';
import type { JsonRpcMessage, McpSseHooks, McpSseOptions } from '../../lib/index.js';
import type * as Main from '../../lib/index.js';
import type * as Package from '../../lib/redis/index.js';
import { builtEntry, callMs, redisUrl } from '../paths.js';
import type { Subject } from './index.js';
import { handler, inExpress, options } from './ours.js';
import type { ClientMessage } from './tools.js';
import { ways, type Way } from './ways.js';

const built = new URL('redis/index.js', builtEntry);
const { redisAdapter } = (await import(built.href)) as typeof Package;
const { mcpSse } = (await import(builtEntry.href)) as typeof Main;
const client = createClient({ url: process.env[redisUrl] ?? '' });
client.on('error', () => undefined);
await client.connect();

/** The subjects do not see each other's nodes. */
const adapterOf = (suffix = '') =>
  redisAdapter(client, { prefix: `${process.argv[2] ?? ''}${suffix}` });

const node = (own: McpSseOptions): Subject =>
  inExpress({ ...options, handler: slowHandler, adapter: adapterOf(), ...own });

/** Its streams can be moved to the other node with nothing else changed about them. */
export const movable = (): Subject =>
  node({ handler, resume: { key: (req) => req.headers['x-key']?.toString() } });
export const untracked = (): Subject => node({ resume: { trackCalls: false } });
export const tracked = (): Subject => node({ resume: { trackCalls: true } });
export const idsInRedis = (): Subject =>
  node({ resume: { trackCalls: false }, hooks: { ...options.hooks, ...writeIds() } });

/**
 * Three routers in one process, since two processes that do the same differ by a tenth: without an
 * adapter, and with one that tracks calls or not. A header of its GET says whose a session is.
 */
export function threeWays(): Subject {
  const router = (way: Way) => {
    const own = { adapter: adapterOf(`-${way}`), resume: { trackCalls: way === 'tracked' } };
    const paths = { message: `/message-${way}` };
    return mcpSse({ ...options, handler: slowHandler, paths, ...(way !== 'alone' && own) });
  };
  const routers = new Map(ways.map((way) => [way as string, router(way)]));
  const apps = new Map<string, RequestListener>();
  for (const [way, mcp] of routers) apps.set(way, express().use(mcp));
  const server = createServer((req, res) => {
    const [, ofPost] = /^\/message-(\w+)/.exec(req.url ?? '') ?? [];
    apps.get(ofPost ?? String(req.headers['x-way']))?.(req, res);
  });
  return {
    server,
    sessions: () => [...routers.values()].flatMap((mcp) => [...mcp.sessions]),
    broadcast: () => undefined,
    cluster: () => {
      const nodes = ['untracked', 'tracked'].map((way) => routers.get(way)?.stats().cluster?.nodes);
      return { nodes: Math.min(...nodes.map((count = 1) => count)), exported: 0 };
    },
  };
}

const duration = Number(process.env[callMs] ?? 0);

async function slowHandler(message: ClientMessage): Promise<object | undefined> {
  if (message.method === 'tools/call' && duration > 0) await sleep(duration);
  return handler(message);
}

/** The ids of calls that run, in a hash for each session: one command a turn for what is new in it. */
function writeIds(): McpSseHooks {
  const begun = new Map<string, Set<string>>();
  const over = new Map<string, Set<string>>();
  let due = false;
  const flush = () => {
    due = false;
    for (const [session, ids] of begun) {
      const fields = Object.fromEntries([...ids].map((id) => [id, '1']));
      if (ids.size > 0) void client.hSet(`calls:${session}`, fields);
    }
    for (const [session, ids] of over) void client.hDel(`calls:${session}`, [...ids]);
    begun.clear();
    over.clear();
  };
  const note = (where: typeof begun, session: string, id: string) => {
    where.set(session, (where.get(session) ?? new Set()).add(id));
    if (!due) setImmediate(flush);
    due = true;
  };
  const idOf = (message: JsonRpcMessage) => String('id' in message ? message.id : '');
  return {
    onReceive: (message, { id }) => {
      if ('method' in message && message.method === 'tools/call') note(begun, id, idOf(message));
    },
    onSend: (message, { id }) => {
      if ('method' in message) return;
      // What has begun in this turn is not written.
      if (!begun.get(id)?.delete(idOf(message))) note(over, id, idOf(message));
    },
  };
}
