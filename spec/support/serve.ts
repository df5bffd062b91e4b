import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import express, { type Express } from 'express';
import { expect, onTestFinished } from 'vitest';

import { mcpSse, type McpSseOptions, type McpSseRouter } from '../../lib/index.js';

export interface Served<Data> {
  /** Origin and mount, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly app: Express;
  readonly server: Server;
  readonly mcp: McpSseRouter<Data>;
}

export interface ServeOptions {
  /** The path that the router is mounted at. */
  mount?: string;
  /** Runs before the router is mounted: middleware in front, settings. */
  prepare?: (app: Express) => void;
  /** Mounts the router, where `app.use(mount, …)` is not what the spec is about. */
  wire?: (app: Express, mcp: McpSseRouter) => void;
  /**
   * How requests come in: through Express, or before it. The suite runs over both; a spec that
   * needs Express's middleware in front says `router`.
   */
  way?: 'router' | 'listener';
}

/**
 * Serves `mcpSse(options)` on a free port until the test is finished. Teardown closes it and
 * proves that no session, slot or socket is left.
 */
export async function serve<Data = unknown>(
  options: McpSseOptions<Data> = {},
  { mount = '/', prepare, wire, way }: ServeOptions = {},
): Promise<Served<Data>> {
  const mcp = mcpSse(options);
  const app = express();
  prepare?.(app);
  if (wire) wire(app, mcp);
  else app.use(mount, mcp, mcp.errorHandler);
  const inFront = (way ?? process.env.MCP_SSE_WAY) === 'listener';
  const server = createServer(inFront ? mcp.requestListener(app, mount) : app);
  const port = await listen(server);
  onTestFinished(async () => {
    await mcp.close({ timeoutMs: 200 });
    server.closeIdleConnections();
    await closed(server);
    expect(mcp.sessions.size, 'sessions left').toBe(0);
    const { totals } = mcp.stats();
    const closes = Object.values(totals.closed).reduce((sum, count) => sum + count, 0);
    const ends = closes + totals.handedOver;
    expect(ends, 'one close for every open').toBe(totals.opened + totals.restored);
  });
  const path = mount === '/' ? '' : mount;
  return { url: `http://127.0.0.1:${String(port)}${path}`, port, app, server, mcp };
}

/** Listens on a free port of the loopback interface. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Resolves when the server and all its connections are closed; cuts those that linger. */
export async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    setTimeout(() => {
      server.closeAllConnections();
    }, 500).unref();
  });
}
