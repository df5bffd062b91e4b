// Alone: it counts the sockets of the process.

import { createServer } from 'node:http';

import express, { type Express } from 'express';
import request from 'supertest';
import { describe, expect, it, onTestFinished } from 'vitest';

import { mcpSse } from '../../lib/index.js';
import { openSession } from '../../lib/testing/index.js';
import { openSockets } from '../support/open-sockets.js';
import { rounds } from '../support/rounds.js';
import { closed, listen, serve } from '../support/serve.js';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const PONG = { jsonrpc: '2.0', id: 1, result: {} };

const appOf = (): Express => express().use('/mcp', mcpSse());
const AT = { path: '/mcp/sse' };

describe('with supertest, the POST may be', () => {
  it('request(session.url)', async () => {
    await using session = await openSession(appOf(), AT);
    const post = request(session.url).post('/mcp/message').query({ sessionId: session.sessionId });
    await post.send(PING).expect(202, '');
    expect(await session.next(1)).toEqual(PONG);
  });

  it('request(session.endpoint)', async () => {
    await using session = await openSession(appOf(), AT);
    await request(session.endpoint).post('').send(PING).expect(202);
    expect(await session.next(1)).toEqual(PONG);
  });

  it('request(app), even if another server has the stream', async () => {
    const app = appOf();
    await using session = await openSession(app, AT);
    const { pathname, search } = new URL(session.endpoint);
    await request(app)
      .post(pathname + search)
      .send(PING)
      .expect(202);
    expect(await session.next(1)).toEqual(PONG);
  });

  it('request(server)', async () => {
    const server = createServer(appOf());
    await listen(server);
    onTestFinished(() => closed(server));
    await using session = await openSession(server, AT);
    const post = request(server).post('/mcp/message').query({ sessionId: session.sessionId });
    await post.send(PING).expect(202);
    expect(await session.next(1)).toEqual(PONG);
  });

  it('an agent with cookies', async () => {
    const { url } = await serve(
      {
        security: { principal: (req) => req.headers.cookie },
      },
      {
        prepare: (app) =>
          app.get('/login', (_req, res) => void res.cookie('user', 'ada').send('welcome')),
      },
    );
    const agent = request.agent(url);
    const login = await agent.get('/login').expect(200);
    const cookie = login.headers['set-cookie']![0]!.split(';')[0]!;
    await using session = await openSession(url, { headers: { cookie } });
    const target = new URL(session.endpoint);
    await agent
      .post(target.pathname + target.search)
      .send(PING)
      .expect(202);
    expect(await session.next(1)).toEqual(PONG);
    await request(session.endpoint).post('').send(PING).expect(404);
  });
});

it('leaves nothing open with supertest', async () => {
  const app = appOf();
  const session = await openSession(app, AT);
  await request(session.url).get('/nothing').expect(404);
  await request(app).get('/nothing').expect(404);
  await session.close();
  await rounds(2);
  expect(openSockets()).toEqual([]);
});
