/** This package as it ships: the build, not the sources, with every check, lock and bound on. */
import { createServer, type RequestListener } from 'node:http';
import express from 'express';
import type * as Package from '../../lib/index.js';
import type { McpSseOptions, McpSseRouter } from '../../lib/index.js';
import { builtEntry } from '../paths.js';
import type { Subject } from './index.js';
import { resultOf, serversV1, serversV2, type ClientMessage } from './tools.js';

const { mcpSse } = (await import(builtEntry.href)) as typeof Package;

/**
 * Room is made for more sessions than the default, a session that only pushes may live without
 * `initialize`, and a reader that stops is given up soon enough to be waited for.
 */
export const options: McpSseOptions = {
  limits: {
    maxSessions: 20_000,
    maxSessionsPerPrincipal: 20_000,
    initializeTimeoutMs: false,
    writeTimeoutMs: 4_000,
  },
  hooks: {
    onConnect: () => ({}),
    onSessionOpen: () => undefined,
    onSessionClose: () => undefined,
    onError: () => undefined,
  },
};

export const handler = (message: ClientMessage): object | undefined =>
  message.id === undefined ? undefined : resultOf(message);

export function oursHandler(): Subject {
  return inExpress({ ...options, handler });
}

/** In front of the Express application instead of in it. */
export function oursInFront(): Subject {
  const mcp = mcpSse({ ...options, handler });
  return subjectOf(mcp, mcp.requestListener(express()));
}

export async function oursV1(): Promise<Subject> {
  return inExpress({ ...options, server: await serversV1() });
}

export async function oursV2(): Promise<Subject> {
  return inExpress({ ...options, server: await serversV2() });
}

export function inExpress(own: McpSseOptions): Subject {
  const mcp = mcpSse(own);
  const app = express();
  app.use(mcp);
  return subjectOf(mcp, app);
}

function subjectOf(mcp: McpSseRouter, listener: RequestListener): Subject {
  return {
    server: createServer(listener),
    sessions: () => [...mcp.sessions],
    broadcast: (message) => mcp.broadcast(message),
    cluster: () => {
      const { nodes = 1, streamsExported = 0 } = mcp.stats().cluster ?? {};
      return { nodes, exported: streamsExported };
    },
  };
}
