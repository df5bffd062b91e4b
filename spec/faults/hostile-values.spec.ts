import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { JsonRpcError, McpSseError, type McpSseOptions } from '../../lib/index.js';
import { hostileValue, type HostileValue } from '../support/hostile-value.js';
import { listenTo } from '../support/listen.js';
import { request } from '../support/messages.js';
import { RESUMES } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const hostile = hostileValue(
  () => new McpSseError('forbidden', 'no'),
  () => Object.create(McpSseError.prototype) as object,
  () => new JsonRpcError(1, 'no', {}),
  () => Object.create(JsonRpcError.prototype) as object,
);

/** How a value leaves the application's code. */
const WAYS: Readonly<Record<string, (build: HostileValue) => unknown>> = {
  throws: (build) => {
    throw build();
  },
  returns: (build) => build(),
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what it is about
  rejects: (build) => Promise.reject(build()),
  resolves: async (build) => build(),
  'gives a `then` that throws': (build) => ({
    then: () => {
      throw build();
    },
  }),
  'gives a `then` that calls back twice': (build) => ({
    then: (resolve: (value: unknown) => void, reject: (value: unknown) => void) => {
      reject(build());
      resolve(build());
      throw build();
    },
  }),
};

/** By its type it fits everywhere. */
type Code = () => never;

/** Wherever the application's own code runs. */
const PLACES: Readonly<Record<string, (code: Code) => McpSseOptions>> = {
  onConnect: (onConnect) => ({ hooks: { onConnect } }),
  onSessionOpen: (onSessionOpen) => ({ hooks: { onSessionOpen } }),
  onReceive: (onReceive) => ({ hooks: { onReceive } }),
  onSend: (onSend) => ({ hooks: { onSend } }),
  onSessionDetach: (onSessionDetach) => ({ hooks: { onSessionDetach } }),
  onSessionClose: (onSessionClose) => ({ hooks: { onSessionClose } }),
  onError: (onError) => ({
    hooks: {
      onError,
      onReceive: () => {
        throw new Error('for onError');
      },
    },
  }),
  handler: (handler) => ({ handler }),
  server: (server) => ({ server }),
  'connect of a server': (connect) => ({ server: () => ({ connect, close: async () => {} }) }),
  'close of a server': (close) => ({ server: () => ({ connect: async () => {}, close }) }),
  'the end of a server': (onclose) => ({
    server: () => ({
      connect: async (transport) => void (transport.onclose = onclose),
      close: async () => {},
    }),
  }),
  'a message to a server': (onmessage) => ({
    server: () => ({
      connect: async (transport) => void (transport.onmessage = onmessage),
      close: async () => {},
    }),
  }),
  principal: (principal) => ({ security: { principal } }),
  endpoint: (endpoint) => ({ endpoint }),
  sessionIdGenerator: (sessionIdGenerator) => ({ sessionIdGenerator }),
  'resume.key': (key) => ({ resume: { key } }),
};

// Kills: a foreign value that is read unguarded. An unhandled rejection fails the run.
describe.each(Object.entries(PLACES))('%s', (_, optionsFor) => {
  it('may throw, return or reject whatever it likes: the server goes on', async () => {
    let attack: (() => unknown) | undefined;
    const { url, mcp } = await serve(optionsFor(() => attack?.() as never));
    const way = fc.constantFrom(...Object.keys(WAYS));
    await fc.assert(
      fc.asyncProperty(hostile, way, async (build, name) => {
        attack = () => WAYS[name]!(build);
        const client = await StreamClient.begin(`${url}/sse`, RESUMES);
        if (client.status === 200) {
          await client.next(({ event }) => event === 'endpoint');
          expect((await client.post(request(1, 'any'))).status).toBeGreaterThanOrEqual(200);
          for (const session of mcp.sessions)
            await session.send(request(1, 'ping')).catch(() => {});
        } else expect(client.status).toBeGreaterThanOrEqual(400);
        client.drop();
        await mcp.closeSessions();
        expect(mcp.sessions.size).toBe(0);
        attack = undefined;
      }),
      { numRuns: 40, timeout: 5_000 },
    );
    expect(mcp.stats().inFlight).toBe(0);
  });
});

const answered = { jsonrpc: '2.0', id: 1 };

it('any handler answers once, with a result or an error', async () => {
  let attack: () => unknown = () => ({});
  const { url } = await serve({ handler: () => attack() as never });
  const client = await StreamClient.open(`${url}/sse`);
  await fc.assert(
    fc.asyncProperty(hostile, fc.constantFrom(...Object.keys(WAYS)), async (build, name) => {
      attack = () => WAYS[name]!(build);
      await client.post(request(1, 'any'));
      const answer = await client.nextMessage();
      expect(answer).toMatchObject(answered);
      expect('result' in answer).not.toBe('error' in answer);
      expect(JSON.stringify(answer)).not.toMatch(/secret|hostile/);
    }),
    { numRuns: 300 },
  );
});

it('a session accepts any value to send, and survives it', async () => {
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  const [session] = mcp.sessions;
  await fc.assert(
    fc.asyncProperty(hostile, async (build) => {
      await session!.send(build() as never).catch(() => {});
      await session!.notify(build() as never, build() as never).catch(() => {});
      const send = (async () => mcp.send(session!.id, build() as never))();
      await send.catch(() => {});
    }),
    { numRuns: 300 },
  );
  expect(await client.request('ping')).toMatchObject({ result: {} });
});

it.each([
  ['a BigInt', 10n],
  ['a symbol', Symbol('id')],
  ['an object', {}],
  ['null', null],
])('rejects an answer whose id is %s, once', async (_, id) => {
  const errors: string[] = [];
  const { url, mcp } = await serve({ hooks: { onError: ({ code }) => errors.push(code) } });
  await StreamClient.open(`${url}/sse`);
  const [session] = mcp.sessions;
  const answer = { jsonrpc: '2.0', id, result: { cannot: 10n } };
  await expect(session!.send(answer as never)).rejects.toMatchObject({ code: 'not-serializable' });
  expect(errors).toEqual(['not-serializable']);
});

it('a message with a `toJSON` may have getters that throw', async () => {
  const { url, mcp } = await serve();
  const published = listenTo('mcp-sse:message.out');
  const client = await StreamClient.open(`${url}/sse`);
  const [session] = mcp.sessions;
  const fail = () => {
    throw new Error('read');
  };
  const json = { jsonrpc: '2.0', id: 7, result: {} };
  const getters = { id: { get: fail }, result: { get: fail }, method: { get: fail } };
  await session!.send(Object.defineProperties({ toJSON: () => json }, getters) as never);
  const traps = { has: fail, getOwnPropertyDescriptor: fail };
  await session!.send(new Proxy({ toJSON: () => json }, traps) as never);
  for (let n = 0; n < 2; n += 1) expect(await client.nextMessage()).toEqual(json);
  expect(published).toEqual([]);
});
