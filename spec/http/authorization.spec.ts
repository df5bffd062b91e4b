import type { NextFunction, Request, Response } from 'express';
import { describe, expect, it } from 'vitest';

import { McpSseError, type McpSseErrorCode, type McpSseOptions } from '../../lib/index.js';
import { expectStats } from '../support/expect-stats.js';
import { notification, request } from '../support/messages.js';
import { CANARY, expectRefusal } from '../support/refusal.js';
import { serve } from '../support/serve.js';
import { fetchText, post, StreamClient } from '../support/stream-client.js';

const REFUSALS = [
  ['unauthorized', 401, -32600],
  ['forbidden', 403, -32600],
] as const;

function refuse(code: McpSseErrorCode): never {
  throw new McpSseError(code, 'come with a ticket', { cause: new Error(CANARY) });
}

describe.each(REFUSALS)('what throws McpSseError(%j)', (code, status, rpcCode) => {
  const waysOfRefusing: readonly [string, McpSseOptions][] = [
    ['onConnect', { hooks: { onConnect: () => refuse(code) } }],
    ['an async onConnect', { hooks: { onConnect: async () => refuse(code) } }],
    ['principal', { security: { principal: () => refuse(code) } }],
    ['an async principal', { security: { principal: async () => refuse(code) } }],
    ['server', { server: () => refuse(code) }],
  ];

  it.each(waysOfRefusing)(`refuses the stream with ${String(status)}: %s`, async (_, options) => {
    const errors: string[] = [];
    const onError = (error: McpSseError): unknown => errors.push(error.code);
    const { url, mcp } = await serve({
      ...options,
      hooks: { ...options.hooks, onError },
      limits: { maxSessions: 1 },
    });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      // The second time shows that the first has given its slot back.
      const answer = await fetchText(`${url}/sse`, {});
      expectRefusal(answer, status, rpcCode);
      expect(JSON.parse(answer.body).error.message).toBe('come with a ticket');
    }
    expectStats(mcp, { totals: { opened: 0, refused: { [code]: 2 } } });
    expect(errors, 'a refusal is no failure').toEqual([]);
  });

  it(`refuses a message with ${String(status)} when principal throws it`, async () => {
    let refusing = false;
    const received: unknown[] = [];
    const { url } = await serve({
      handler: (message) => received.push(message),
      security: { principal: () => (refusing ? refuse(code) : 'somebody') },
    });
    const client = await StreamClient.open(`${url}/sse`);
    refusing = true;
    expectRefusal(await client.post(request(1)), status, rpcCode);
    expect(received).toEqual([]);
  });
});

describe('[44] the session of another principal', () => {
  const user = (name: string): Record<string, string> => ({ authorization: name });
  /** As authentication middleware does: what it knows of the caller stands in `req.auth`. */
  function authenticate(req: Request, _res: Response, next: NextFunction): void {
    const { authorization: name } = req.headers;
    if (name !== undefined)
      Object.assign(req, { auth: { clientId: name, token: `${name}-token` } });
    next();
  }

  it('accepts messages of the caller who opened it only', async () => {
    const received: unknown[] = [];
    const { url } = await serve(
      { handler: (message) => received.push(message) },
      { prepare: (app) => app.use(authenticate), way: 'router' },
    );
    const ann = await StreamClient.open(`${url}/sse`, user('ann'));
    const anonymous = await StreamClient.open(`${url}/sse`);

    expectRefusal(await post(ann.endpoint, request(1), user('bob')), 404, -32001);
    expectRefusal(await post(ann.endpoint, request(1)), 404, -32001);
    expectRefusal(await post(anonymous.endpoint, request(1), user('bob')), 404, -32001);
    expect(received).toEqual([]);

    expect((await ann.post(notification('hers'))).status).toBe(202);
    expect((await anonymous.post(notification('its'))).status).toBe(202);
    expect(received).toMatchObject([{ method: 'hers' }, { method: 'its' }]);
  });

  it('is refused by an async principal too, and before the body is looked at', async () => {
    const principal = async (req: { headers: Record<string, unknown> }): Promise<string> =>
      String(req.headers.authorization);
    const { url } = await serve({ security: { principal } });
    const ann = await StreamClient.open(`${url}/sse`, user('ann'));
    const answer = await post(ann.endpoint, CANARY, { ...user('bob'), 'Content-Type': 'text/x' });
    expectRefusal(answer, 404, -32001);
    expect((await ann.request('ping')).result).toEqual({});
  });

  it('is not opened if the result of authentication names no caller', async () => {
    const errors: McpSseError[] = [];
    const { url } = await serve(
      { hooks: { onError: (error) => errors.push(error) } },
      {
        prepare: (app) =>
          app.use((req, _res, next) => {
            Object.assign(req, { auth: { scopes: ['all'] } });
            next();
          }),
        way: 'router',
      },
    );
    expectRefusal(await fetchText(`${url}/sse`, {}), 500, -32603);
    expect(errors[0]?.message).toContain('security.principal');
  });
});
