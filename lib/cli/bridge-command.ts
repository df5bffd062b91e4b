// The command `bridge`: serves until a signal ends it.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

import express from 'express';

import { describe } from '../bridge/hop-error.js';
import { bridge, type Bridge } from '../bridge/index.js';
import { dashboard } from '../dashboard/index.js';
import { mcpSse, type Adapter, type McpSseRouter } from '../index.js';
import { redisAdapter, type RedisClient } from '../redis/index.js';
import type { BridgeArguments } from './command-line.js';
import { say, sayWhoComes, signalled } from './terminal.js';

/** Resolves after a clean end. @throws Error, with a text for the user */
export async function runBridge(args: BridgeArguments): Promise<void> {
  const { adapter, closeAdapter } = await openAdapter(args.redis);
  const upstream = newBridge(args);
  const mcp = newRouter(args, upstream, adapter);
  const app = express().disable('x-powered-by');
  if (args.dashboard) app.use('/dashboard', dashboard(mcp));
  // In front of Express, which would take half of the time of a call here.
  const server = createServer(mcp.requestListener(app));
  server.listen(args.port, args.host);
  await once(server, 'listening');
  const missing = typeof args.upstream === 'object' ? args.upstream.env : [];
  for (const name of missing) if (!(name in process.env)) say(`${name} is not set`);
  say(`serving ${upstream.stats().upstream} at ${urlOf(server, args)}`);
  await signalled();
  say('ending');
  await mcp.close();
  await upstream.close();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  await closeAdapter();
  say('ended');
}

function newBridge({ upstream, name, headers, forwardHeaders }: BridgeArguments): Bridge {
  return bridge({
    upstream,
    ...(name !== undefined && { name }),
    headers,
    forwardHeaders,
    hooks: {
      onUpstream({ state, reconnects }, session) {
        if (state === 'reconnecting') say('upstream lost, connecting again', session);
        else if (state === 'failed') say('upstream failed', session);
        else if (state === 'open' && reconnects > 0) say('upstream is back', session);
      },
      onError: (error, session) => say(describe(error), session),
      onStderr: (line, session) => say(`stderr: ${line}`, session),
    },
  });
}

function newRouter(
  { paths, allowedHosts, allowedOrigins }: BridgeArguments,
  server: Bridge,
  adapter: Adapter | undefined,
): McpSseRouter {
  return mcpSse({
    server,
    paths,
    security: { ...(allowedHosts && { allowedHosts }), allowedOrigins },
    ...(adapter && { adapter }),
    hooks: sayWhoComes,
  });
}

function urlOf(server: Server, { host, paths }: BridgeArguments): string {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}${paths.sse}`;
}

async function openAdapter(
  url: string | undefined,
): Promise<{ adapter?: Adapter; closeAdapter: () => Promise<unknown> }> {
  if (url === undefined) return { closeAdapter: () => Promise.resolve() };
  // A variable hides the name from tsc: the package is not a dependency of this one.
  const name = 'redis';
  const { createClient } = (await import(name)) as { createClient: (options: object) => Redis };
  // After its first connection, the client reconnects by itself.
  let isConnected = false;
  const reconnectStrategy = (retries: number): number | false =>
    isConnected && Math.min(retries * 100, 3_000);
  const client = createClient({ url, socket: { reconnectStrategy, connectTimeout: 5_000 } });
  client.on('error', () => undefined);
  await client.connect();
  isConnected = true;
  return { adapter: redisAdapter(client), closeAdapter: () => client.close() };
}

type Redis = RedisClient & {
  connect(): Promise<unknown>;
  close(): Promise<unknown>;
  on(event: 'error', listener: () => void): unknown;
};
