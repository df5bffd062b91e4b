import express from 'express';
import { describe, expect, it } from 'vitest';

import { mcpSse } from '../../lib/index.js';
import { openSession, RefusedError } from '../../lib/testing/index.js';
import { serve } from '../support/serve.js';

const PING = { jsonrpc: '2.0', id: 'p', method: 'ping' };

describe('post', () => {
  it.each<[string, unknown]>([
    ['a value, as JSON', PING],
    ['text, as it is', JSON.stringify(PING)],
    ['bytes, as they are', Buffer.from(JSON.stringify(PING))],
  ])('sends %s', async (_, body) => {
    await using session = await openSession(express().use(mcpSse()));
    expect(await session.post(body)).toMatchObject({ status: 202, body: '' });
    expect((await session.next('p')).result).toEqual({});
  });

  it('returns any answer, including refusals', async () => {
    await using session = await openSession(express().use(mcpSse()));
    const { status, headers, body } = await session.post('{');
    expect(status).toBe(400);
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body)).toMatchObject({ error: { code: -32700 } });
    expect((await session.post(undefined)).status).toBe(400);
    expect((await session.post(PING, { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('works after the stream has ended, and after the session was closed', async () => {
    const { server } = await serve();
    const session = await openSession(server);
    session.drop();
    await session.closed;
    expect((await session.post(PING)).status).toBe(404);
    await session.close();
    expect((await session.post(PING)).status).toBe(404);
  });

  it('rejects when the server is closed', async () => {
    const session = await openSession(express().use(mcpSse()));
    await session.close();
    await expect(session.post(PING)).rejects.toThrow(/^POST http:.* failed: .*ECONNREFUSED/);
  });
});

describe('a message that is not accepted', () => {
  it('rejects with status, body and headers', async () => {
    const { mcp, server } = await serve();
    await using session = await openSession(server);
    await mcp.closeSessions();
    const refusal = { status: 404, body: expect.stringContaining('-32001') };
    for (const sent of [
      session.request('tools/list'),
      session.notify('notifications/x'),
      session.respond(1, {}),
    ]) {
      await expect(sent).rejects.toBeInstanceOf(RefusedError);
      await expect(sent).rejects.toMatchObject(refusal);
    }
    await expect(session.request('tools/list')).rejects.toThrow(
      /^POST of tools\/list was answered 404 \(application\/json\): \{.*-32001.*\}$/,
    );
  });

  it('gets any other status than 202', async () => {
    const app = express();
    app.post('/message', (_req, res, next) => {
      if (app.get('ready')) res.status(200).type('text').send('fine');
      else next();
    });
    await using session = await openSession(app.use(mcpSse()));
    app.set('ready', true);
    await expect(session.notify('notifications/x')).rejects.toThrow(
      'POST of notifications/x was answered 200 (text/plain; charset=utf-8): fine',
    );
  });
});
