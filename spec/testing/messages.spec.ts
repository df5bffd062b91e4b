import express from 'express';
import { describe, expect, it } from 'vitest';

import { JsonRpcError, mcpSse, type MessageHandler } from '../../lib/index.js';
import { openSession, type TestSession } from '../../lib/testing/index.js';
import { throwing } from '../support/failing.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';

/** Answers with what it is asked for, after it has sent what it is asked to send. */
const echo: MessageHandler = async (message, { session }) => {
  if (!('method' in message) || message.method !== 'echo') return {};
  const { first = [], ...result } = message.params ?? {};
  for (const params of first as Record<string, unknown>[]) await session.notify('step', params);
  return result;
};

function openEcho(): Promise<TestSession> {
  return openSession(express().use(mcpSse({ handler: echo })), { timeoutMs: 2_000 });
}

describe('next', () => {
  it('returns each message once, in the order of arrival', async () => {
    await using session = await openEcho();
    await session.request('echo', { first: [{ n: 1 }, { n: 2 }, { n: 3 }] });
    const taken = [await session.next(), await session.next(), await session.next()];
    expect(taken.map(({ params }) => params)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    await expect(session.next(undefined, { timeoutMs: 1 })).rejects.toThrow('no message');
  });

  it('leaves other messages to later calls', async () => {
    await using session = await openEcho();
    await session.request('echo', { first: [{ n: 1 }, { n: 2 }] });
    expect((await session.next(({ params }) => params?.n === 2)).params).toEqual({ n: 2 });
    expect((await session.next('step')).params).toEqual({ n: 1 });
  });

  it('waits for messages that have not arrived yet, several at once', async () => {
    await using session = await openEcho();
    const waits = [2, 1].map((n) => session.next(({ params }) => params?.n === n));
    const any = session.next();
    await session.request('echo', { first: [{ n: 1 }, { n: 2 }, { n: 3 }] });
    const taken = await Promise.all([...waits, any]);
    expect(taken.map(({ params }) => params?.n)).toEqual([2, 1, 3]);
  });

  it('loses no message to a wait that has failed', async () => {
    await using session = await openEcho();
    await expect(session.next('step', { timeoutMs: 1 })).rejects.toThrow('no message');
    await session.request('echo', { first: [{ n: 1 }] });
    expect((await session.next('step')).params).toEqual({ n: 1 });
  });

  it('treats a number as the id of an answer, not of a request of the server', async () => {
    const mcp = mcpSse({ handler: echo });
    await using session = await openSession(express().use(mcp));
    const server = mcp.sessions.get(session.sessionId);
    await server?.send({ jsonrpc: '2.0', id: 7, method: 'ping' });
    await session.post({ jsonrpc: '2.0', id: 7, method: 'echo', params: { it: 'is mine' } });
    expect((await session.next(7)).result).toEqual({ it: 'is mine' });
    expect(await session.next('ping')).toEqual({ jsonrpc: '2.0', id: 7, method: 'ping' });
  });

  it('treats a string as a method, or as the id of an answer', async () => {
    await using session = await openEcho();
    await session.post({ jsonrpc: '2.0', id: 'mine', method: 'echo', params: { a: 1 } });
    expect((await session.next('mine')).result).toEqual({ a: 1 });
  });

  it('passes a function the event, too', async () => {
    await using session = await openEcho();
    await session.request('echo', { first: [{ n: 1 }] });
    const found = await session.next((_, { data }) => data.includes('"n":1'));
    expect(found.method).toBe('step');
  });

  it('rejects with the throw of the function, now or later', async () => {
    await using session = await openEcho();
    const refuses = (): boolean => {
      throw new RangeError('not this one');
    };
    const later = session.next(refuses);
    const noted = outcomeOf(later);
    await session.request('echo', { first: [{ n: 1 }] });
    await expect(later).rejects.toThrow(RangeError);
    expect(noted.state).toBe('rejected');
    await expect(session.next(refuses)).rejects.toThrow('not this one');
    expect((await session.next('step')).params).toEqual({ n: 1 });
  });

  it('rejects with an error if the function throws something else', async () => {
    await using session = await openEcho();
    await session.request('echo', { first: [{ n: 1 }] });
    const refuses = throwing('no error' as never);
    await expect(session.next(refuses)).rejects.toThrow(new Error('no error'));
  });
});

describe('request', () => {
  it('resolves with the result', async () => {
    await using session = await openEcho();
    const result = await session.request<{ deep: { value: number } }>('echo', {
      deep: { value: 1 },
    });
    expect(result.deep.value).toBe(1);
  });

  it('gets its answer even if another wait for any message is older', async () => {
    await using session = await openEcho();
    const any = session.next();
    const noted = outcomeOf(any);
    expect(await session.request('echo', { a: 1 })).toEqual({ a: 1 });
    await rounds();
    expect(noted.state).toBe('pending');
    await session.request('echo', { first: [{ n: 1 }] });
    expect(await any).toMatchObject({ method: 'step' });
  });

  it('gives simultaneous requests their own answers', async () => {
    const release: (() => void)[] = [];
    const handler: MessageHandler = async (message) => {
      if (!('method' in message) || message.method !== 'hold') return {};
      await new Promise<void>((resolve) => release.push(resolve));
      return message.params;
    };
    await using session = await openSession(express().use(mcpSse({ handler })));
    const posted = (count: number) => () => release.length === count;
    const one = session.request('hold', { n: 1 });
    await expect.poll(posted(1)).toBe(true);
    const two = session.request('hold', { n: 2 });
    await expect.poll(posted(2)).toBe(true);
    for (const go of release.reverse()) go();
    expect(await Promise.all([one, two])).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('rejects with the error of the answer', async () => {
    const handler: MessageHandler = (message) => {
      if ('method' in message && message.method === 'fail') {
        throw new JsonRpcError(-32002, 'No such thing', { uri: 'x:y' });
      }
      return {};
    };
    await using session = await openSession(express().use(mcpSse({ handler })));
    const failed = session.request('fail');
    await expect(failed).rejects.toBeInstanceOf(JsonRpcError);
    const error = { code: -32002, message: 'No such thing', data: { uri: 'x:y' } };
    await expect(failed).rejects.toMatchObject(error);
  });

  it('names the line of the test in its errors', async () => {
    await using session = await openSession(express().use(mcpSse()));
    const error = await session.request('no/such').catch((thrown: unknown) => thrown);
    expect((error as Error).stack).toContain('messages.spec.ts');
    const late = await session.next('never', { timeoutMs: 1 }).catch((thrown: unknown) => thrown);
    expect((late as Error).stack).toContain('messages.spec.ts');
  });
});

it('notify sends a notification', async () => {
  const received: unknown[] = [];
  const handler: MessageHandler = (message) => ('id' in message ? {} : received.push(message));
  await using session = await openSession(express().use(mcpSse({ handler })));
  await session.notify('notifications/roots/list_changed');
  await session.notify('notifications/cancelled', { requestId: 1 });
  expect(received.slice(1)).toEqual([
    { jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
  ]);
});

describe('respond', () => {
  it('answers a request of the server with a result', async () => {
    const mcp = mcpSse();
    await using session = await openSession(express().use(mcp));
    const roots = mcp.sessions.get(session.sessionId)?.request('roots/list');
    await session.respond((await session.next('roots/list')).id, { roots: [] });
    expect(await roots).toEqual({ roots: [] });
  });

  it('answers it with an error', async () => {
    const mcp = mcpSse();
    await using session = await openSession(express().use(mcp));
    const sample = mcp.sessions.get(session.sessionId)!.request('sampling/createMessage');
    const { id } = await session.next('sampling/createMessage');
    await session.respond(id, new JsonRpcError(-1, 'User rejected sampling request', ['no']));
    const error = { code: -1, message: 'User rejected sampling request', data: ['no'] };
    await expect(sample).rejects.toMatchObject(error);
  });

  it('refuses to answer anything but a request', async () => {
    await using session = await openEcho();
    await session.request('echo', { first: [{}] });
    const { id } = await session.next('step');
    await expect(session.respond(id, {})).rejects.toThrow('pass the id of a request');
  });
});
