import { expect, it, onTestFinished, vi } from 'vitest';

import {
  JsonRpcError,
  McpSseError,
  type JsonRpcMessage,
  type Session,
} from '../../../lib/index.js';
import { PendingRequests } from '../../../lib/session/inbound/pending-requests.js';
import { result } from '../../support/messages.js';
import { outcomeOf } from '../../support/outcome.js';
import { rounds } from '../../support/rounds.js';
import { serve, type Served } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

vi.mock('../../../lib/util/timers.js', () => import('../../support/fakeable-timers.js'));

interface Setup {
  readonly served: Served<unknown>;
  readonly client: StreamClient;
  readonly session: Session;
  /** What reached the handler behind the session. */
  readonly delivered: JsonRpcMessage[];
}

async function setup(): Promise<Setup> {
  const delivered: JsonRpcMessage[] = [];
  const served = await serve({ handler: (message) => delivered.push(message) && {} });
  const client = await StreamClient.open(`${served.url}/sse`);
  const session = served.mcp.sessions.get(client.sessionId)!;
  return { served, client, session, delivered };
}

it("resolves with the client's result, which the handler does not get", async () => {
  const { client, session, delivered } = await setup();
  const asked = session.request('roots/list', { cursor: 'c' });
  const { id, ...question } = await client.nextMessage();
  expect(question).toEqual({ jsonrpc: '2.0', method: 'roots/list', params: { cursor: 'c' } });
  expect((await client.post(result(id, { roots: [] }))).status).toBe(202);
  expect(await asked).toEqual({ roots: [] });
  expect(delivered).toEqual([]);
});

it('sends no params if none are given', async () => {
  const { client, session } = await setup();
  void session.request('ping');
  expect(await client.nextMessage()).not.toHaveProperty('params');
});

it('rejects with the error that the client posts', async () => {
  const { client, session } = await setup();
  const asked = session.request('sampling/createMessage');
  const { id } = await client.nextMessage();
  const error = { code: -1, message: 'the user said no', data: { at: 'noon' } };
  await client.post({ jsonrpc: '2.0', id, error });
  await expect(asked).rejects.toBeInstanceOf(JsonRpcError);
  await expect(asked).rejects.toMatchObject(error);
});

// Some clients answer a text with another id, some read 32 bits; servers count up from 0.
it('makes ids that are integers of 31 bits, far from those of servers and clients', async () => {
  const { client, session } = await setup();
  for (let asked = 0; asked < 3; asked += 1) {
    void session.request('ping');
    const { id } = await client.nextMessage();
    expect(id).toBe(2 ** 30 + asked);
  }
});

it('matches answers to requests by id, in whatever order they come', async () => {
  const { client, session } = await setup();
  const asked = ['a', 'b', 'c'].map((method) => session.request(method));
  const questions = [];
  for (const _ of asked) questions.push(await client.nextMessage());
  expect(new Set(questions.map(({ id }) => id)).size).toBe(3);
  for (const { id, method } of questions.reverse()) await client.post(result(id, { method }));
  expect(await Promise.all(asked)).toEqual([{ method: 'a' }, { method: 'b' }, { method: 'c' }]);
});

it('[45] gives up after its timeout, and drops the late answer', async () => {
  const { client, session, delivered } = await setup();
  const asked = session.request('slow', undefined, { timeoutMs: 20 });
  const { id } = await client.nextMessage();
  await expect(asked).rejects.toMatchObject({ code: 'request-timeout' });
  expect((await client.post(result(id))).status).toBe(202);
  expect(delivered).toEqual([]);
});

it('[45] accepts the first of two answers, and drops the second', async () => {
  const { client, session, delivered } = await setup();
  const asked = session.request('once');
  const { id } = await client.nextMessage();
  await client.post([result(id, { first: true }), result(id, { second: true })]);
  expect(await asked).toEqual({ first: true });
  await client.post({ jsonrpc: '2.0', id, error: { code: 1, message: 'third' } });
  expect(delivered).toEqual([]);
});

it.each([0, 1])('passes answers to other requests on, after %i of its own', async (own) => {
  const { client, session, delivered } = await setup();
  for (let asked = 0; asked < own; asked += 1) {
    void session.request('ping');
    await client.post(result((await client.nextMessage()).id));
  }
  await session.send({ jsonrpc: '2.0', id: 5, method: 'of/the/application' });
  const answers = [result(5), result('5'), result(2 ** 30 + own), result(-1), result('')];
  await client.post(answers);
  expect(delivered).toEqual(answers);
});

it('[45] never answers an answer, be it for an unknown id or an error without one', async () => {
  const { client, session, delivered } = await setup();
  const nobodys = { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'what?' } };
  expect((await client.post(nobodys)).status).toBe(202);
  expect((await client.post(result(77))).status).toBe(202);
  await session.notify('end');
  expect(await client.nextMessage()).toEqual({ jsonrpc: '2.0', method: 'end' });
  expect(delivered).toEqual([nobodys, result(77)]);
});

it('rejects with session-closed when the session ends first', async () => {
  const { session } = await setup();
  const asked = outcomeOf(session.request('never'));
  session.close();
  await session.request('later').catch(() => undefined);
  expect(asked.code).toBe('session-closed');
});

it('rejects when the request cannot be written, and goes on', async () => {
  const { client, session } = await setup();
  const asked = session.request('big', { value: 1n });
  await expect(asked).rejects.toMatchObject({ code: 'not-serializable' });
  void session.request('next');
  expect(await client.nextMessage()).toMatchObject({ method: 'next' });
});

it('need not be awaited: an unhandled rejection does not end the process', async () => {
  const { session, served } = await setup();
  void session.request('unseen');
  session.close();
  void session.request('unseen');
  // An unhandled rejection would fail the run.
  await served.mcp.closeSessions();
});

// Kills: a timer that outlives its request.
it('leaves no timer behind, however a request ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const calls = new PendingRequests();
  const ids: number[] = [];
  const call = (timeoutMs = 1_000): Promise<unknown> =>
    calls.call('ask', undefined, { timeoutMs }, async ({ id }) => void ids.push(Number(id)));
  const ended = [call(), call(), call(10), call()].map(outcomeOf);
  expect(vi.getTimerCount()).toBe(4);
  calls.takeResponse(result(ids[0]!));
  calls.takeResponse({ jsonrpc: '2.0', id: ids[1]!, error: { code: 1, message: 'no' } });
  vi.advanceTimersByTime(10);
  calls.rejectAll(() => new McpSseError('session-closed', 'the end'));
  expect(vi.getTimerCount()).toBe(0);
  await rounds();
  const states = ended.map(({ state }) => state);
  expect(states).toEqual(['resolved', 'rejected', 'rejected', 'rejected']);
});
