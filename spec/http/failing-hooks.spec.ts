import { describe, expect, it } from 'vitest';

import { McpSseError, type McpServerLike, type McpSseOptions } from '../../lib/index.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { expectStats } from '../support/expect-stats.js';
import { openWhenFree } from '../support/open-when-free.js';
import { CANARY, expectRefusal } from '../support/refusal.js';
import { serve } from '../support/serve.js';
import { fetchText, StreamClient } from '../support/stream-client.js';

const HOOK_TIMEOUT_MS = 40;
const broken = (): never => {
  throw new TypeError(CANARY);
};
const rejecting = (): Promise<never> => Promise.reject(new TypeError(CANARY));
const hanging = (): Promise<never> => new Promise(() => {});

type Fault = () => never | Promise<never>;

describe('[25] code of the application fails before the headers', () => {
  const faults: readonly [string, Fault][] = [
    ['throws', broken],
    ['rejects', rejecting],
    ['never settles', hanging],
  ];
  const places: readonly [string, (fault: Fault) => McpSseOptions][] = [
    ['onConnect', (fault) => ({ hooks: { onConnect: fault } })],
    ['principal', (fault) => ({ security: { principal: fault } })],
    ['server()', (fault) => ({ server: fault })],
    ['server.connect()', (fault) => ({ server: () => serverWith(fault) })],
  ];
  const cases = places.flatMap(([place, optionsFor]) =>
    faults.map(([what, fault]) => [place, what, optionsFor, fault] as const),
  );

  it.each(cases)('with 500, and in time: %s %s', async (place, what, optionsFor, fault) => {
    const errors: McpSseError[] = [];
    let failing = true;
    // It fails for the first stream only: the second shows that the slot was given back.
    const once: Fault = () => (failing ? fault() : (undefined as never));
    const options = optionsFor(once);
    const { url, mcp } = await serve({
      ...options,
      ...(place === 'server()' && { server: () => (failing ? fault() : serverWith()) }),
      limits: { maxSessions: 1, hookTimeoutMs: HOOK_TIMEOUT_MS },
      hooks: { ...options.hooks, onError: (error) => errors.push(error) },
    });
    expectRefusal(await fetchText(`${url}/sse`, {}), 500, -32603);
    expectStats(mcp, { sessions: 0, totals: { opened: 0 } });

    expect(errors).toHaveLength(1);
    const [error] = errors;
    expect(error).toBeInstanceOf(McpSseError);
    if (what === 'never settles') expect(error!.code).toBe('hook-timeout');
    else expect(error!.cause).toMatchObject({ message: CANARY });

    failing = false;
    expect((await openWhenFree(`${url}/sse`)).status).toBe(200);
  });

  it('with 500: a function for the endpoint throws', async () => {
    let failing = true;
    const { url, mcp } = await serve({
      endpoint: (_req, id) => (failing ? broken() : `/message?sessionId=${id}`),
      limits: { maxSessions: 1 },
    });
    expectRefusal(await fetchText(`${url}/sse`, {}), 500, -32603);
    expectStats(mcp, { sessions: 0, totals: { opened: 0 } });
    failing = false;
    const client = await openWhenFree(`${url}/sse`);
    expect((await client.request('ping')).result).toEqual({});
  });

  it('closes a server that comes after the deadline', async () => {
    const made = deferred<McpServerLike>();
    let closes = 0;
    const { url } = await serve({
      server: () => made.promise,
      limits: { hookTimeoutMs: HOOK_TIMEOUT_MS },
    });
    expectRefusal(await fetchText(`${url}/sse`, {}), 500, -32603);
    made.resolve({ connect: async () => {}, close: async () => void (closes += 1) });
    await eventually(() => closes > 0, 'the close of the late server');
    expect(closes).toBe(1);
  });

  it('refuses every one of many streams at once, and leaves none', async () => {
    const { url, mcp } = await serve({
      hooks: { onConnect: rejecting },
      limits: { maxSessions: 5 },
    });
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => fetchText(`${url}/sse`, {})),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([500]));
    expectStats(mcp, { sessions: 0, totals: { opened: 0 } });
  });
});

describe('[25] if onSessionOpen fails', () => {
  it.each([
    ['throws', broken, 'hook-failed'],
    ['rejects', rejecting, 'hook-failed'],
    ['never settles', hanging, 'hook-timeout'],
  ])('the stream goes on: it %s', async (_, onSessionOpen, code) => {
    const errors: string[] = [];
    const { url } = await serve({
      limits: { hookTimeoutMs: HOOK_TIMEOUT_MS },
      hooks: { onSessionOpen, onError: (error) => errors.push(error.code) },
    });
    const client = await StreamClient.open(`${url}/sse`);
    expect((await client.request('ping')).result).toEqual({});
    await eventually(() => errors.length > 0, 'the report to onError');
    expect(errors).toEqual([code]);
    client.drop();
  });
});

function serverWith(connect: () => void | Promise<void> = () => {}): McpServerLike {
  return { connect: async () => connect(), close: async () => {} };
}

// An unhandled rejection would fail the run: in production it ends the process.
const wronglyAsync = rejecting as never;
it.each<[string, McpSseOptions]>([
  ['sessionIdGenerator', { sessionIdGenerator: wronglyAsync }],
  ['endpoint', { endpoint: wronglyAsync }],
  ['resume.key', { resume: { key: wronglyAsync } }],
])('refuses with 500 when %s is async, and rejects', async (_, options) => {
  const { url, mcp } = await serve(options);
  expect((await StreamClient.begin(`${url}/sse`)).status).toBe(500);
  expect(mcp.sessions.size).toBe(0);
});
