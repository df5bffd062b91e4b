/** One of two nodes on Redis, by who knows which calls run; and one without others. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import type { JsonRpcMessage, McpSseHooks, McpSseOptions } from '../../lib/index.js';
import type * as Package from '../../lib/redis/index.js';
import { builtEntry, callMs, redisUrl } from '../paths.js';
import type { Subject } from './index.js';
import { handler, inExpress, options } from './ours.js';
import type { ClientMessage } from './tools.js';

const built = new URL('redis/index.js', builtEntry);
const { redisAdapter } = (await import(built.href)) as typeof Package;
const client = createClient({ url: process.env[redisUrl] ?? '' });
client.on('error', () => undefined);
await client.connect();

function node(own: McpSseOptions): Subject {
  // The subjects do not see each other's nodes.
  const adapter = redisAdapter(client, { prefix: process.argv[2] ?? '' });
  return inExpress({ ...options, handler: slowHandler, adapter, ...own });
}

/** Its streams can be moved to the other node with nothing else changed about them. */
export const movable = (): Subject =>
  node({ handler, resume: { key: (req) => req.headers['x-key']?.toString() } });
export const alone = (): Subject => inExpress({ ...options, handler: slowHandler });
export const untracked = (): Subject => node({ resume: { trackCalls: false } });
export const tracked = (): Subject => node({ resume: { trackCalls: true } });
export const idsInRedis = (): Subject =>
  node({ resume: { trackCalls: false }, hooks: { ...options.hooks, ...writeIds() } });

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
