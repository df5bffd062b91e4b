// One of two nodes of `bench/ledger/run.ts`.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import express from 'express';
import { createClient } from 'redis';

import { mcpSse, type JsonRpcMessage, type McpSseHooks } from '../../lib/index.js';
import { redisAdapter } from '../../lib/redis/index.js';
import { answerParent } from '../../spec/support/program/parent-channel.js';

/** Nobody else knows of the calls; another node does; they are written to Redis once a turn. */
export const WAYS = ['off', 'another node', 'Redis'] as const;
export type Way = (typeof WAYS)[number];

export interface NodeProtocol {
  /** The URL of its streams. */
  readonly ready: string;
  /** µs that it has used. */
  readonly answers: { cpu: number };
}

if (process.send) await serve(process.argv[2] as Way, process.argv[3] ?? '');

async function serve(way: Way, url: string): Promise<void> {
  const redis = createClient({ url });
  redis.on('error', () => undefined);
  await redis.connect();
  const mcp = mcpSse({
    adapter: redisAdapter(redis, { prefix: way.replace(' ', '-') }),
    resume: { trackCalls: way === 'another node' },
    hooks: way === 'Redis' ? writing(redis) : {},
    handler: async (message) => {
      if (!('method' in message) || message.method !== 'tools/call') return {};
      const { duration } = message.params?.arguments as { duration: number };
      if (duration > 0) await pause(duration);
      return { content: [{ type: 'text', text: 'done' }] };
    },
  });
  const app = express();
  app.use(mcp);
  const server = createServer(app);
  const tellReady = answerParent<NodeProtocol>(
    {
      cpu: () => {
        const { user, system } = process.cpuUsage();
        return user + system;
      },
    },
    () => mcp.close(),
  );
  server.listen(0, '127.0.0.1', () => {
    tellReady(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/sse`);
  });
}

/** What is needed of the client. */
interface Hashes {
  hSet(key: string, fields: Record<string, string>): Promise<unknown>;
  hDel(key: string, fields: string[]): Promise<unknown>;
}

/** The ids of calls that run, in a hash for each session: one command a turn for what is new in it. */
function writing(redis: Hashes): McpSseHooks {
  const begun = new Map<string, Set<string>>();
  const over = new Map<string, string[]>();
  let isDue = false;
  const schedule = (): void => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      for (const [id, fields] of begun) {
        const entries = [...fields].map((field): [string, string] => [field, '1']);
        if (entries.length > 0) void redis.hSet(`calls:${id}`, Object.fromEntries(entries));
      }
      for (const [id, fields] of over) void redis.hDel(`calls:${id}`, fields);
      begun.clear();
      over.clear();
    });
  };
  const idOf = (message: JsonRpcMessage): string => String('id' in message ? message.id : '');
  return {
    onReceive(message, { id }) {
      if (!('method' in message) || message.method !== 'tools/call') return;
      begun.set(id, (begun.get(id) ?? new Set()).add(idOf(message)));
      schedule();
    },
    onSend(message, { id }) {
      if ('method' in message) return;
      const fields = begun.get(id);
      const own = idOf(message);
      // Begun in this turn: nothing is written.
      if (!fields?.delete(own)) over.set(id, [...(over.get(id) ?? []), own]);
      schedule();
    },
  };
}
