import { createServer, type RequestListener } from 'node:http';
import express from 'express';
import type * as Package from '../../lib/index.js';
import type { McpSseOptions, McpSseRouter, Session } from '../../lib/index.js';
import { builtEntry } from '../paths.js';
import type { Notification } from '../messages.js';
import { echoV1 } from './echo-v1.js';
import { echoV2 } from './echo-v2.js';
import { echoResult, type ClientMessage } from './echo.js';
import type { Subject, SubjectSession } from './subject.js';

// What is measured is what ships: the build, not the sources.
const { mcpSse } = (await import(builtEntry.href)) as typeof Package;

/**
 * Every check, lock, log and bound is on. Room is made for more sessions than the default, a
 * session that only pushes may live without `initialize`, and a reader that stops is given up
 * soon enough to be waited for.
 */
const options: McpSseOptions = {
  limits: {
    maxSessions: 20_000,
    maxSessionsPerPrincipal: 20_000,
    initializeTimeoutMs: false,
    writeTimeoutMs: 6_000,
  },
  hooks: {
    onConnect: () => ({}),
    onSessionOpen: () => undefined,
    onSessionClose: () => undefined,
    onError: () => undefined,
  },
};

export function oursHandler(): Subject {
  const mcp = mcpSse({ ...options, handler: echo });
  return inExpress(mcp);
}

export function oursBefore(): Subject {
  const mcp = mcpSse({ ...options, handler: echo });
  return subjectOf(mcp, mcp.requestListener(express()));
}

export function oursV1(): Subject {
  return inExpress(mcpSse({ ...options, server: () => echoV1() }));
}

export function oursV2(): Subject {
  return inExpress(mcpSse({ ...options, server: () => echoV2() }));
}

function inExpress(mcp: McpSseRouter): Subject {
  const app = express();
  app.use(mcp);
  return subjectOf(mcp, app);
}

function subjectOf(mcp: McpSseRouter, listener: RequestListener): Subject {
  return {
    server: createServer(listener),
    sessions: () => [...mcp.sessions].map((session) => new OurSession(session)),
    broadcast: (message) => mcp.broadcast(message),
  };
}

function echo(message: ClientMessage): object | undefined {
  return message.id === undefined ? undefined : echoResult(message);
}

class OurSession implements SubjectSession {
  constructor(private readonly session: Session) {}

  get id(): string {
    return this.session.id;
  }

  push(message: Notification): void {
    void this.session.send(message);
  }

  send(message: Notification): Promise<void> {
    return this.session.send(message);
  }
}
