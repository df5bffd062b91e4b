import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';

import { request } from '../support/messages.js';
import { CANARY, expectRefusal, type Answer } from '../support/refusal.js';
import { serve, type Served } from '../support/serve.js';
import { post, StreamClient } from '../support/stream-client.js';

/** The application's own error handling, behind everything else. */
const teapot: ErrorRequestHandler = (error, _req, res, _next) => {
  res.status(418).json({ own: String(error.message) });
};

/** A router with `mcp.errorHandler`, between a middleware and the application's error handler. */
function serveBehind(middleware: RequestHandler, mount = '/'): Promise<Served<unknown>> {
  return serve(
    {},
    {
      mount,
      way: 'router',
      prepare: (app: Express) => app.use(middleware),
      wire: (app, mcp) => {
        app.use(mount, mcp, mcp.errorHandler);
        app.post('/elsewhere', (_req, res) => void res.json({ served: true }));
        app.use(teapot);
      },
    },
  );
}

describe.each(['/', '/api/v1', '/:tenant'])(
  'a refusal of express.json(), mounted at %s',
  (mount) => {
    const cases: readonly [string, number, number, (to: string) => Promise<Answer>][] = [
      ['bad JSON', 400, -32700, (to) => post(to, `{"${CANARY}":`)],
      ['a value that is no object', 400, -32700, (to) => post(to, `"${CANARY}"`)],
      ['too large a body', 413, -32600, (to) => post(to, request(1, CANARY.repeat(50)))],
      [
        'an unknown charset',
        415,
        -32600,
        (to) => post(to, '{}', { 'Content-Type': `application/json; charset=${CANARY}` }),
      ],
      ['an unknown coding', 415, -32600, (to) => post(to, '{}', { 'Content-Encoding': CANARY })],
      ['gzip that is none', 400, -32700, (to) => post(to, CANARY, { 'Content-Encoding': 'gzip' })],
      [
        'deflate that is none',
        400,
        -32700,
        (to) => post(to, CANARY, { 'Content-Encoding': 'deflate' }),
      ],
    ];

    it.each(cases)('is answered by the error contract: %s', async (_, status, code, send) => {
      const { url, mcp } = await serveBehind(express.json({ limit: 300 }), mount);
      const client = await StreamClient.open(`${url.replace(':tenant', 'acme')}/sse`);
      expectRefusal(await send(client.endpoint), status, code);
      const refused = Object.values(mcp.stats().totals.refused);
      expect(refused, 'it is counted').toEqual([1]);
      expect((await client.request('ping')).result).toEqual({});
    });
  },
);

describe('mcp.errorHandler leaves alone', () => {
  it('refusals of express.json() for other URLs', async () => {
    const { url } = await serveBehind(express.json());
    for (const path of ['/elsewhere', '/messages', '/message/x', '/']) {
      const answer = await post(url + path, '{"broken":');
      expect(answer.status, path).toBe(418);
      expect(JSON.parse(answer.body)).toHaveProperty('own');
    }
    expect((await post(`${url}/elsewhere`, {})).body).toBe('{"served":true}');
  });

  const fail =
    (error: unknown): RequestHandler =>
    (_req, _res, next) => {
      next(error);
    };
  it.each([
    ['an error', new Error('broken')],
    ['an error with a status', Object.assign(new Error('broken'), { status: 400 })],
    [
      'a parser error with another status',
      Object.assign(new Error('x'), { status: 403, type: 'y' }),
    ],
    ['a status that is no number', Object.assign(new Error('x'), { status: '400', type: 'y' })],
    ['something that is no error', 'broken'],
  ])('other errors for its own URL: %s', async (_, error) => {
    const { url } = await serveBehind(fail(error));
    expect((await post(`${url}/message?sessionId=x`, {})).status).toBe(418);
  });
});
