// Alone: it counts the sockets of the process.

import { createServer } from 'node:http';

import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { mcpSse, type CloseReason } from '../../lib/index.js';
import { openSession, type TestSession } from '../../lib/testing/index.js';
import { connectionsOf, openSockets } from '../support/open-sockets.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';
import { serve } from '../support/serve.js';

describe('closed', () => {
  it('settles when the server ends the stream', async () => {
    const mcp = mcpSse();
    await using session = await openSession(express().use(mcp));
    const closed = session.closed;
    const noted = outcomeOf(closed);
    await session.request('ping');
    expect(noted.state).toBe('pending');
    mcp.sessions.get(session.sessionId)?.close('enough');
    expect(await closed).toBe('ended');
    expect(await session.closed).toBe('ended');
  });

  it('settles when the server cuts the connection', async () => {
    const app = express().get('/sse', (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.write('event: endpoint\ndata: /message\n\n', () => res.destroy());
    });
    await using session = await openSession(app, { initialize: false });
    expect(await session.closed).toBe('aborted');
    await expect(session.next()).rejects.toThrow('no message: the connection of the stream broke');
  });

  it('settles when the test drops the stream, and the server knows by then', async () => {
    const reasons: CloseReason[] = [];
    const hooks = {
      onSessionClose: (_: unknown, reason: CloseReason) => void reasons.push(reason),
    };
    const { mcp, server } = await serve({ hooks });
    await using session = await openSession(server);
    session.drop();
    session.drop();
    expect(await session.closed).toBe('dropped');
    expect(mcp.sessions.size).toBe(0);
    await rounds();
    expect(reasons).toEqual(['client-disconnected']);
  });

  it('reports the first end only', async () => {
    const { mcp, server } = await serve();
    await using session = await openSession(server);
    await mcp.closeSessions();
    await session.closed;
    session.drop();
    await expect(session.next()).rejects.toThrow('no message: the server has ended the stream');
    await session.close();
    expect(await session.closed).toBe('ended');
  });
});

describe('close', () => {
  it('leaves no server, connection or session', async () => {
    const mcp = mcpSse();
    const session = await openSession(express().use(mcp));
    await session.request('ping');
    await session.close();
    expect(mcp.sessions.size).toBe(0);
    await rounds(2);
    expect(openSockets()).toEqual([]);
    expect(session.messages).toHaveLength(2);
  });

  it('leaves no connection of the session on a given server', async () => {
    const { mcp, server } = await serve();
    const other = await openSession(server);
    const session = await openSession(server);
    await session.request('ping');
    await session.close();
    expect(mcp.sessions.size).toBe(1);
    expect(await connectionsOf(server)).toBe(1);
    await other.close();
    expect(await connectionsOf(server)).toBe(0);
    expect(server.listenerCount('connection')).toBe(1);
  });

  it('has settled all waits when it resolves', async () => {
    const { url } = await serve();
    const session = await openSession(url);
    const wait = outcomeOf(session.next());
    await session.close();
    expect(wait.state).toBe('rejected');
  });

  it('is safe to call again at any time', async () => {
    const mcp = mcpSse();
    const session = await openSession(express().use(mcp));
    session.drop();
    await Promise.all([session.close(), session.close()]);
    await session.close();
    await mcp.close();
    await session.close();
  });

  it('cuts POSTs that are not answered yet', async () => {
    const mcp = mcpSse();
    const app = express();
    const arrived = new Promise<void>((resolve) => {
      app.post('/message', (req, _res, next) => {
        if (req.headers['x-hold'] === undefined) next();
        else resolve();
      });
    });
    const server = createServer(app.use(mcp)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    const session = await openSession(server);
    const post = session.post({}, { 'X-Hold': 'yes' });
    const cut = expect(post).rejects.toThrow(/^POST .* failed: the session was closed$/);
    await arrived;
    await session.close();
    await cut;
    expect(await connectionsOf(server)).toBe(0);
  });

  it('closes a server that it has started even with other clients', async () => {
    const session = await openSession(express().use(mcpSse()));
    const other = await fetch(`${session.url}/sse`);
    await session.close();
    await expect(other.text()).rejects.toThrow('terminated');
  });

  it('runs at the end of a scope with await using', async () => {
    const { mcp, server } = await serve();
    {
      await using session = await openSession(server);
      expect(mcp.sessions.get(session.sessionId)).toBeDefined();
    }
    expect(mcp.sessions.size).toBe(0);
  });

  it('runs at the end of a scope that throws', async () => {
    const { mcp, server } = await serve();
    let left: TestSession | undefined;
    const test = async (): Promise<void> => {
      await using session = await openSession(server);
      left = session;
      throw new Error('as a failed assertion');
    };
    await expect(test()).rejects.toThrow('as a failed assertion');
    expect(mcp.sessions.size).toBe(0);
    expect(await left?.closed).toBe('dropped');
  });
});

it('opens and closes many sessions, and leaves nothing', async () => {
  const { mcp, server } = await serve();
  for (let round = 0; round < 5; round += 1) {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => openSession(server)));
    expect(new Set(sessions.map(({ sessionId }) => sessionId)).size).toBe(20);
    await Promise.all(sessions.map((session) => session.request('ping')));
    await Promise.all(sessions.map((session) => session.close()));
    expect(mcp.sessions.size).toBe(0);
    expect(await connectionsOf(server)).toBe(0);
  }
  expect(server.listenerCount('connection')).toBe(1);
});
