import { expect, it } from 'vitest';

import {
  JsonRpcError,
  type HandlerContext,
  type JsonRpcMessage,
  type MessageHandler,
} from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { rejecting, throwing } from '../../support/failing.js';
import { eventually } from '../../support/eventually.js';
import { cyclic, notification, request, result } from '../../support/messages.js';
import { serve, type Served } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

interface Setup {
  readonly served: Served<unknown>;
  readonly client: StreamClient;
  /** What `onError` was told: code and the message of its cause. */
  readonly errors: string[];
}

async function setup(handler: MessageHandler): Promise<Setup> {
  const errors: string[] = [];
  const onError = (error: Error & { code: string }): void => {
    errors.push(`${error.code}: ${error.message}`);
  };
  const served = await serve({ handler, hooks: { onError } });
  return { served, client: await StreamClient.open(`${served.url}/sse`), errors };
}

const HIDDEN = { code: -32603, message: 'Internal error' };

it.each<[string, () => unknown]>([
  ['an object', () => ({ answer: 42 })],
  ['a promise of one', async () => ({ answer: 42 })],
])('answers a request with %s as the result', async (_, handler) => {
  const { client } = await setup(handler);
  expect((await client.request('work')).result).toEqual({ answer: 42 });
});

it.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
])('treats %s as an empty result', async (_, returned) => {
  const { client, errors } = await setup(() => returned);
  expect((await client.request('work')).result).toEqual({});
  expect(errors).toEqual([]);
});

it.each<[string, unknown]>([
  ['text', 'text'],
  ['a number', 0],
  ['an array', []],
  ['a function', () => ({})],
])('refuses %s as a result: the client gets an error, onError the reason', async (_, returned) => {
  const { client, errors } = await setup(() => returned);
  expect((await client.request('work')).error).toEqual(HIDDEN);
  expect(errors).toEqual(['server-failed: the result of handler() must be an object']);
});

it.each<[string, unknown]>([
  ['a cycle', cyclic()],
  ['a BigInt', { value: 1n }],
  ['a toJSON that throws', { value: { toJSON: throwing(new Error('no')) } }],
])('[8] answers with an error and the right id when the result holds %s', async (_, returned) => {
  const { client, errors } = await setup(() => returned);
  await client.post(request('mine'));
  expect(await client.nextMessage()).toEqual({ jsonrpc: '2.0', id: 'mine', error: HIDDEN });
  expect(errors).toEqual(['not-serializable: the message is not serializable as JSON']);
});

it.each<[string, () => unknown]>([
  ['thrown', throwing(new JsonRpcError(-32602, 'no such tool', { tool: 'x' }))],
  ['rejected with', rejecting(new JsonRpcError(-32602, 'no such tool', { tool: 'x' }))],
])('answers with the JsonRpcError that is %s, and reports nothing', async (_, handler) => {
  const { client, errors } = await setup(handler);
  const { error } = await client.request('work');
  expect(error).toEqual({ code: -32602, message: 'no such tool', data: { tool: 'x' } });
  expect(errors).toEqual([]);
});

it('omits data if the JsonRpcError has none', async () => {
  const { client } = await setup(throwing(new JsonRpcError(7, 'plain')));
  expect((await client.request('work')).error).toEqual({ code: 7, message: 'plain' });
});

it.each<[string, () => unknown]>([
  ['an error that is thrown', throwing(new Error('the password is 123'))],
  ['an error that is rejected with', rejecting(new Error('the password is 123'))],
  ['text that is rejected with', rejecting('the password is 123')],
])('hides %s from the client and reports it', async (_, handler) => {
  const { client, errors } = await setup(handler);
  expect((await client.request('work')).error).toEqual(HIDDEN);
  expect(client.text).not.toContain('123');
  expect(errors).toEqual(['server-failed: the password is 123']);
});

it('gets notifications and responses, too, and its results for them are ignored', async () => {
  const seen: JsonRpcMessage[] = [];
  const { client } = await setup((message) => {
    seen.push(message);
    return { ignored: true };
  });
  const messages = [notification('note', { a: 1 }), result(77, { b: 2 }), notification()];
  await client.post(messages);
  await client.request('end');
  expect(seen.slice(0, 3)).toEqual(messages);
  expect(client.messages).toHaveLength(1);
});

it('reports a throw for a notification, which has no answer', async () => {
  const { client, errors } = await setup((message) => {
    if (!('id' in message)) throw new Error('notified');
    return {};
  });
  await client.post(notification());
  await client.request('end');
  expect(errors).toEqual(['server-failed: notified']);
  expect(client.messages).toHaveLength(1);
});

it('answers each request when it is finished, not in the order of the requests', async () => {
  const gates = new Map([1, 2, 3].map((id) => [id, deferred()]));
  const { client } = await setup(async (message) => {
    await gates.get(Number('id' in message && message.id))?.promise;
    return {};
  });
  await client.post([request(1), request(2), request(3)]);
  for (const id of [3, 1, 2]) {
    gates.get(id)?.resolve();
    expect(await client.nextMessage()).toEqual(result(id));
  }
});

it('gets the headers and the URL of the POST, and the session', async () => {
  let context: HandlerContext | undefined;
  const { client, served } = await setup((_, given) => void (context = given));
  await client.post(request(1), { 'X-Test': 'yes' });
  await client.nextMessage();
  expect(context?.headers['x-test']).toBe('yes');
  expect(context?.url).toBe(client.endpoint);
  expect(context?.authInfo).toBeUndefined();
  expect(context?.session).toBe(served.mcp.sessions.get(client.sessionId));
});

it('reports progress to a client that asked for it, before the result', async () => {
  const { client } = await setup(async (_, { progress }) => {
    await progress(1);
    await progress(2, 3, 'two of three');
  });
  await client.request('work', { _meta: { progressToken: 'token' } });
  const params = { progressToken: 'token', progress: 1 };
  expect(client.messages).toEqual([
    notification('notifications/progress', params),
    notification('notifications/progress', {
      ...params,
      progress: 2,
      total: 3,
      message: 'two of three',
    }),
    result(1),
  ]);
});

it('reports no progress to a client that did not ask for it', async () => {
  const { client } = await setup(async (_, context) => {
    await context.progress(1);
  });
  for (const params of [undefined, {}, { _meta: {} }, { _meta: 'token' }]) {
    await client.request('work', params);
  }
  expect(client.messages).toHaveLength(4);
  await eventually(() => client.messages.every((message) => 'result' in message));
});
