import type { RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';

import type { McpSseError, McpSseOptions } from '../../lib/index.js';
import { expectStats } from '../support/expect-stats.js';
import { notification, request } from '../support/messages.js';
import { expectRefusal } from '../support/refusal.js';
import { serve, type Served } from '../support/serve.js';
import { fetchText, post, StreamClient } from '../support/stream-client.js';

/** Serves with these answers of `security.principal`, and collects what `onError` is told. */
async function serveAs(
  principal: (header: string) => unknown,
): Promise<Served<unknown> & { errors: McpSseError[] }> {
  const errors: McpSseError[] = [];
  const served = await serve({
    security: {
      principal: ({ headers }) => principal(String(headers.user)) as string | undefined,
    },
    hooks: { onError: (error) => errors.push(error) },
  });
  return { ...served, errors };
}

const ofNobody: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['an empty string', ''],
  ['a number', 0],
  ['a number', 7],
  ['a boolean', false],
  ['an array', []],
  ['an object', {}],
  ['an object', new String('ann')],
  ['a function', () => 'ann'],
  ['a symbol', Symbol('ann')],
];

describe('security.principal', () => {
  it.each(
    ofNobody.flatMap(([kind, value]) => [
      [kind, value, false] as const,
      [kind, value, true] as const,
    ]),
  )('that returns %s (%o), in a promise: %s, is refused', async (kind, value, later) => {
    const { url, mcp, errors } = await serveAs((user) =>
      user !== 'odd' ? user : later ? Promise.resolve(value) : value,
    );
    const client = await StreamClient.open(`${url}/sse`, { User: 'ann' });
    expectRefusal(await fetchText(`${url}/sse`, { headers: { User: 'odd' } }), 500, -32603);
    expectRefusal(await post(client.endpoint, request(1), { User: 'odd' }), 500, -32603);
    expect(errors.map(({ code }) => code)).toEqual(['internal', 'internal']);
    for (const { message } of errors) {
      expect(message).toContain('security.principal must return a non-empty string');
      expect(message).toContain(`returned ${kind}`);
    }
    expectStats(mcp, { totals: { opened: 1, messagesIn: 0 } });
  });

  it('may return a string or undefined, now or later', async () => {
    const answers = [() => 'ann', async () => 'ann', () => undefined, async () => undefined];
    for (const answer of answers) {
      const { url, errors } = await serveAs(answer);
      const client = await StreamClient.open(`${url}/sse`);
      expect((await client.post(notification())).status).toBe(202);
      expect(errors).toEqual([]);
    }
  });
});

describe('the result of authentication', () => {
  const withAuth =
    (read: (header: string) => unknown): RequestHandler =>
    (req, _res, next) => {
      Object.assign(req, { auth: read(String(req.headers.user)) });
      next();
    };

  function serveBehind(handler: RequestHandler, options: McpSseOptions = {}) {
    return serve(options, { way: 'router', prepare: (app) => app.use(handler) });
  }

  it('is refused if it names no caller, and onError learns the field', async () => {
    const errors: McpSseError[] = [];
    const { url, mcp } = await serveBehind(
      withAuth((user) => ({ token: 't', clientId: 'c', extra: { sub: { name: user } } })),
      { hooks: { onError: (error) => errors.push(error) } },
    );
    expectRefusal(await fetchText(`${url}/sse`, { headers: { User: 'ann' } }), 500, -32603);
    expect(errors).toHaveLength(1);
    expect(errors[0]!.message).toContain('req.auth.extra.sub is an object');
    expectStats(mcp, { totals: { opened: 0, errors: { internal: 1 } } });
  });

  it.each([
    ['a numeric subject', (user: string) => ({ clientId: 'c', sub: Number(user) })],
    ['a numeric userId', (user: string) => ({ clientId: 'c', extra: { userId: Number(user) } })],
    ['the issuer', (user: string) => ({ clientId: 'c', sub: 's', iss: `https://${user}.example` })],
  ])('distinguishes callers by %s', async (_, read) => {
    const { url } = await serveBehind(withAuth(read));
    const client = await StreamClient.open(`${url}/sse`, { User: '1' });
    expect((await client.post(request(1), { User: '1' })).status).toBe(202);
    expectRefusal(await client.post(request(2), { User: '2' }), 404, -32001);
  });
});
