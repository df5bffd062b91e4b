import createError from 'http-errors';
import { describe, expect, it } from 'vitest';

import { McpSseError, type McpSseOptions } from '../../lib/index.js';
import { CANARY } from '../support/refusal.js';
import { serve } from '../support/serve.js';
import { fetchText } from '../support/stream-client.js';

const throws = (thrown: unknown) => (): never => {
  throw thrown;
};

/** As `@hapi/boom` makes them. */
const boom = (statusCode: number, message: string, told: string, headers = {}): Error =>
  Object.assign(new Error(message), {
    isBoom: true,
    output: { statusCode, payload: { statusCode, error: 'x', message: told }, headers },
  });

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly code: number;
  readonly message: string;
  /** What `onError` was told. */
  readonly errors: readonly McpSseError[];
  readonly refused: Readonly<Record<string, number>>;
}

async function answerTo(options: McpSseOptions): Promise<Answered> {
  const errors: McpSseError[] = [];
  const { url, mcp } = await serve({
    ...options,
    hooks: { ...options.hooks, onError: (error) => errors.push(error) },
  });
  const { status, headers, body } = await fetchText(`${url}/sse`, {});
  expect(headers['content-type']).toBe('application/json');
  const { error, ...rest } = JSON.parse(body);
  expect(rest).toEqual({ jsonrpc: '2.0', id: null });
  expect(mcp.sessions.size).toBe(0);
  const { refused } = mcp.stats().totals;
  return { status, headers, ...error, errors, refused };
}

const onConnect = (thrown: unknown): McpSseOptions => ({ hooks: { onConnect: throws(thrown) } });

describe('an error with a status that onConnect throws', () => {
  it.each<[string, unknown, number, string, string]>([
    ['http-errors', createError(403, 'No such tenant'), 403, 'No such tenant', 'forbidden'],
    ['its 401', createError(401), 401, 'Unauthorized', 'unauthorized'],
    ['a class of it', new createError.PaymentRequired('Pay'), 402, 'Pay', 'forbidden'],
    ['one that hides', createError(403, CANARY, { expose: false }), 403, 'Forbidden', 'forbidden'],
    ['a status', Object.assign(new Error(CANARY), { status: 403 }), 403, 'Forbidden', 'forbidden'],
    ['statusCode', Object.assign(new Error(CANARY), { statusCode: 451 }), 451, '', 'forbidden'],
    ['no error class', { status: 409, expose: true, message: 'Twice' }, 409, 'Twice', 'forbidden'],
    ['boom', boom(418, CANARY, 'A teapot'), 418, 'A teapot', 'forbidden'],
    [
      'a cause',
      new McpSseError('internal', CANARY, { cause: createError(410) }),
      410,
      'Gone',
      'forbidden',
    ],
  ])('refuses the stream with it: %s', async (_, thrown, status, message, code) => {
    const answer = await answerTo(onConnect(thrown));
    expect(answer).toMatchObject({ status, code: -32600, refused: { [code]: 1 }, errors: [] });
    expect(answer.message).toContain(message);
    expect(JSON.stringify(answer)).not.toContain(CANARY);
  });

  it.each<[number, number]>([
    [429, -32000],
    [503, -32000],
    [504, -32000],
    [502, -32603],
    [599, -32603],
  ])('has the JSON-RPC code of its status: %i', async (status, code) => {
    expect(await answerTo(onConnect(createError(status)))).toMatchObject({ status, code });
  });

  it('is still reported if it is a fault of the server', async () => {
    const answer = await answerTo(onConnect(createError(503, CANARY)));
    expect(answer).toMatchObject({ status: 503, message: 'Service Unavailable' });
    expect(answer.refused).toEqual({ internal: 1 });
    expect(answer.errors).toMatchObject([{ code: 'internal', cause: { message: CANARY } }]);
  });

  it.each([200, 302, 399, 600, 403.5, '403', NaN, -403])(
    'counts as none with a status that is no error: %s',
    async (status) => {
      const answer = await answerTo(onConnect(Object.assign(new Error(CANARY), { status })));
      expect(answer).toMatchObject({ status: 500, code: -32603, message: 'Internal error' });
      expect(answer.errors).toHaveLength(1);
    },
  );

  it.each<[string, object]>([
    ['headers', { 'WWW-Authenticate': 'Bearer scope="mcp"', 'Retry-After': 5 }],
    [
      'those that frame the answer left out',
      {
        'Content-Type': 'text/html',
        'content-length': '3',
        'Transfer-Encoding': 'chunked',
        Connection: 'close',
        'Access-Control-Allow-Origin': '*',
        'Retry-After': '5',
        'WWW-Authenticate': 'Bearer scope="mcp"',
      },
    ],
    [
      'those that are none left out',
      {
        'X-Split': 'a\r\nSet-Cookie: stolen=1',
        'X Bad': '1',
        'X-Object': {},
        'X-Emoji': '🙂',
        'Retry-After': '5',
        'WWW-Authenticate': 'Bearer scope="mcp"',
      },
    ],
  ])('is answered with its %s', async (_, headers) => {
    for (const thrown of [createError(401, { headers }), boom(401, CANARY, 'No', headers)]) {
      const answer = await answerTo(onConnect(thrown));
      expect(answer.status).toBe(401);
      expect(answer.headers).toMatchObject({
        'www-authenticate': 'Bearer scope="mcp"',
        'retry-after': '5',
        'cache-control': 'no-store',
      });
      const names = Object.keys(answer.headers);
      const strange = /^(x-(?!powered-by)|set-cookie|transfer|access-control)/;
      expect(names.filter((name) => strange.test(name))).toEqual([]);
    }
  });

  it('may have a header more than once', async () => {
    const headers = { 'WWW-Authenticate': ['Bearer', 'Basic'] };
    const answer = await answerTo(onConnect(createError(401, { headers })));
    expect(answer.headers['www-authenticate']).toBe('Bearer, Basic');
  });

  it('that cannot be read counts as a fault without a status', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const getter = Object.defineProperty(new Error('x'), 'status', { get: throws(1) });
    for (const thrown of [proxy, getter, null, undefined, 403]) {
      expect((await answerTo(onConnect(thrown))).status).toBe(500);
    }
  });
});

describe('an error with a status in another function that runs before the stream', () => {
  const thrown = createError(403, 'Not you');

  it.each<[string, McpSseOptions]>([
    ['onConnect, async', { hooks: { onConnect: async () => throws(thrown)() } }],
    ['principal', { security: { principal: throws(thrown) } }],
    ['endpoint', { endpoint: throws(thrown) }],
    ['sessionIdGenerator', { sessionIdGenerator: throws(thrown) }],
    ['resume.key', { resume: { key: throws(thrown) } }],
    ['server', { server: throws(thrown) }],
    ['server, with boom', { server: throws(boom(403, CANARY, 'Not you')) }],
  ])('%s', async (_, options) => {
    const answer = await answerTo(options);
    expect(answer).toMatchObject({ status: 403, message: 'Not you', errors: [] });
  });

  // It may come of a client of another service, whose status is not ours.
  it('does not count in server() unless it is meant as an answer', async () => {
    const failure = Object.assign(new Error(CANARY), { status: 401, headers: { 'x-a': '1' } });
    const answer = await answerTo({ server: throws(failure) });
    expect(answer).toMatchObject({ status: 500, message: 'Internal error' });
    expect(answer.errors).toMatchObject([{ code: 'server-failed', cause: { status: 401 } }]);
  });
});

it('refuses a POST if principal throws it', async () => {
  let failing = false;
  const { url } = await serve({
    security: {
      principal: () => {
        if (failing) throw createError(401, 'Again', { headers: { 'WWW-Authenticate': 'Bearer' } });
        return 'ada';
      },
    },
  });
  failing = true;
  const { status, headers, body } = await fetchText(`${url}/message?sessionId=x`, {
    method: 'POST',
  });
  expect({ status, asks: headers['www-authenticate'] }).toEqual({ status: 401, asks: 'Bearer' });
  expect(JSON.parse(body).error).toEqual({ code: -32600, message: 'Again' });
});
