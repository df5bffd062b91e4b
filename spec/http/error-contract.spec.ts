import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import { deferred } from '../support/deferred.js';
import { notification, request } from '../support/messages.js';
import { CANARY, expectRefusal, type Answer } from '../support/refusal.js';
import { serve } from '../support/serve.js';
import { fetchText, post, StreamClient } from '../support/stream-client.js';

const EVENT_STREAM = { Accept: 'text/event-stream' };

describe('refuses a message', () => {
  type Case = readonly [what: string, send: (client: StreamClient) => Promise<Answer>];

  let client: StreamClient;
  beforeEach(async () => {
    const { url } = await serve({ limits: { maxBodyBytes: 500 } });
    client = await StreamClient.open(`${url}/sse`);
  });
  afterEach(async () => {
    expect((await client.request('ping')).result, 'the session goes on').toEqual({});
  });

  function rows(status: number, code: number, cases: readonly Case[]): void {
    it.each(cases)(`with ${String(status)} and ${String(code)}: %s`, async (_, send) => {
      expectRefusal(await send(client), status, code);
    });
  }

  const sending =
    (body: unknown, headers?: Record<string, string>) =>
    (to: StreamClient): Promise<Answer> =>
      to.post(body, headers);
  const member = { jsonrpc: '2.0', method: 'note' };

  rows(400, -32700, [
    ['no body', sending('')],
    ['bad JSON', sending(`{"${CANARY}":`)],
    ['a word that is not JSON', sending(CANARY)],
    ['bad UTF-8', sending(Buffer.from([0x22, 0xc3, 0x28, 0x22]))],
    ['two JSON values [43]', sending(JSON.stringify(member) + JSON.stringify(member))],
  ]);

  rows(400, -32600, [
    ['an empty object', sending({})],
    ['an empty batch', sending([])],
    ['a batch in a batch', sending([[member]])],
    ['a batch with one bad member', sending([member, CANARY])],
    ['a string', sending(JSON.stringify(CANARY))],
    ['a number', sending('1')],
    ['null', sending('null')],
    ['another version of JSON-RPC', sending({ jsonrpc: '1.0', id: 1, method: CANARY })],
    ['no version', sending({ id: 1, method: CANARY })],
    ['a null id', sending({ jsonrpc: '2.0', id: null, method: CANARY })],
    ['a fractional id', sending({ jsonrpc: '2.0', id: 1.5, method: CANARY })],
    ['an object for an id', sending({ jsonrpc: '2.0', id: { CANARY }, method: 'ping' })],
    ['a method that is no string', sending({ jsonrpc: '2.0', id: 1, method: 1 })],
    ['params that are no object', sending({ jsonrpc: '2.0', id: 1, method: 'x', params: CANARY })],
    ['a response without result and error', sending({ jsonrpc: '2.0', id: 1 })],
    ['a response with both', sending({ jsonrpc: '2.0', id: 1, result: {}, error: { code: 1 } })],
    ['a request for another sessionId besides', (to) => post(`${to.endpoint}&sessionId=x`, member)],
    ['the same sessionId twice', (to) => post(`${to.endpoint}&sessionId=${to.sessionId}`, member)],
    ['no sessionId', (to) => post(to.endpoint.replace(/\?.*/, `?${CANARY}=1`), member)],
    ['an empty sessionId', (to) => post(to.endpoint.replace(/=.*/, '='), member)],
    ['sessionId in other letters', (to) => post(to.endpoint.replace('sessionId', 'sid'), member)],
  ]);

  rows(404, -32001, [
    ['an unknown session', (to) => post(to.endpoint.replace(/=.*/, `=${CANARY}`), member)],
    [
      'a session by its id in other letters',
      (to) => post(to.endpoint.replace(to.sessionId, to.sessionId.toUpperCase()), member),
    ],
    ['an unknown session, whatever the body is', (to) => post(`${to.endpoint}x`, CANARY)],
  ]);

  rows(413, -32600, [
    ['a body over the limit', sending({ ...member, params: { text: CANARY.repeat(99) } })],
    [
      'a body over the limit, chunked',
      sending(
        { ...member, params: { text: CANARY.repeat(99) } },
        { 'Transfer-Encoding': 'chunked' },
      ),
    ],
  ]);

  rows(415, -32600, [
    ['an empty content type', sending(member, { 'Content-Type': '' })],
    ['text', sending(member, { 'Content-Type': `text/plain; x=${CANARY}` })],
    ['a form', sending('a=1', { 'Content-Type': 'application/x-www-form-urlencoded' })],
    ['a kin of JSON', sending(member, { 'Content-Type': 'application/json-seq' })],
    ['a content type that is none', sending(member, { 'Content-Type': CANARY })],
    [
      'an unknown charset',
      sending(member, { 'Content-Type': `application/json; charset=${CANARY}` }),
    ],
    [
      'a charset other than UTF-8',
      sending(member, { 'Content-Type': 'application/json; charset=utf-16' }),
    ],
    ['a coding', sending(member, { 'Content-Encoding': CANARY })],
  ]);

  it('with 415 and -32600: no content type at all', async () => {
    const answer = await fetchText(client.endpoint, { method: 'POST', body: '{}' });
    expectRefusal(answer, 415, -32600);
  });

  it('with 405 and -32601: another method than POST', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await fetchText(client.endpoint, { method });
      expectRefusal(answer, 405, -32601);
      expect(answer.headers.allow).toBe('POST');
    }
  });
});

it('gives one and the same 404 for unknown, closed and foreign sessions', async () => {
  const principal = (req: { headers: Record<string, unknown> }): string => String(req.headers.user);
  const { url, mcp } = await serve({ security: { principal } });
  const foreign = await StreamClient.open(`${url}/sse`, { user: 'somebody' });
  const closed = await StreamClient.open(`${url}/sse`, { user: 'else' });
  mcp.sessions.get(closed.sessionId)!.close();
  await closed.end();
  const unknown = closed.endpoint.replace(/=.*/, '=unknown');

  const answers = [];
  for (const endpoint of [unknown, closed.endpoint, foreign.endpoint]) {
    const answer = await post(endpoint, request(1), { user: 'else' });
    expectRefusal(answer, 404, -32001);
    delete answer.headers.date;
    answers.push(answer);
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
});

it('accepts with 202, an empty body, and no content type', async () => {
  const { url } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  for (const accepted of [request(1, 'ping'), notification(), [notification()]]) {
    const { status, body, headers } = await client.post(accepted);
    expect([status, body, headers['content-length']]).toEqual([202, '', '0']);
    expect(headers).not.toHaveProperty('content-type');
  }
});

describe('refuses a stream', () => {
  async function refused(options: McpSseOptions, headers = {}): Promise<Answer> {
    const { url } = await serve(options);
    const sent = { ...EVENT_STREAM, ...headers };
    return fetchText(`${url}/sse?${CANARY}`, { headers: sent });
  }

  it.each(['application/json', `text/html, ${CANARY}/*`, 'text/event-stream;q=0', ';;,'])(
    'with 406 and -32600: Accept %j',
    async (Accept) => {
      expectRefusal(await refused({}, { Accept }), 406, -32600);
    },
  );

  it('with 403 and -32600: a Host that is not allowed', async () => {
    expectRefusal(await refused({}, { Host: `${CANARY}.example.com` }), 403, -32600);
  });

  it('with 403 and -32600: an Origin that is not allowed', async () => {
    const Origin = `https://${CANARY}.example.com`;
    expectRefusal(await refused({}, { Origin }), 403, -32600);
  });

  it('with 500 and -32603: a hook that fails, without its text', async () => {
    const onConnect = (): never => {
      throw new Error(CANARY);
    };
    expectRefusal(await refused({ hooks: { onConnect } }), 500, -32603);
  });

  it('with 503, -32000 and Retry-After: too many sessions', async () => {
    const { url } = await serve({ limits: { maxSessions: 1 } });
    await StreamClient.open(`${url}/sse`);
    const answer = await fetchText(`${url}/sse`, { headers: EVENT_STREAM });
    expectRefusal(answer, 503, -32000);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

it.each(['*/*', 'text/*', 'application/json, text/event-stream', 'TEXT/EVENT-STREAM', ''])(
  'opens a stream for Accept %j',
  async (Accept) => {
    const { url } = await serve();
    expect((await StreamClient.open(`${url}/sse`, { Accept })).status).toBe(200);
  },
);

it('refuses with 429, -32000 and Retry-After: too many requests in flight', async () => {
  const answered = deferred<object>();
  const { url } = await serve({
    handler: () => answered.promise,
    limits: { maxConcurrentRequests: 1 },
  });
  const client = await StreamClient.open(`${url}/sse`);
  expect((await client.post(request(1))).status).toBe(202);
  const answer = await client.post(request(2, CANARY));
  expectRefusal(answer, 429, -32000);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  answered.resolve({});
});

it('refuses with 503, -32000 and Retry-After while it shuts down, except messages for running requests', async () => {
  const answered = deferred<object>();
  const { url, mcp } = await serve({ handler: () => answered.promise });
  const client = await StreamClient.open(`${url}/sse`);
  expect((await client.post(request(1))).status).toBe(202);
  const closed = mcp.close({ timeoutMs: 5_000 });

  for (const answer of [
    await fetchText(`${url}/sse`, { headers: EVENT_STREAM }),
    await client.post(request(2, CANARY)),
    await client.post([notification(), request(3, CANARY)]),
  ]) {
    expectRefusal(answer, 503, -32000);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  }
  expect((await client.post(notification())).status).toBe(202);

  answered.resolve({ done: true });
  expect((await client.nextMessage()).result).toEqual({ done: true });
  await closed;
});
