import { describe, expect, it } from 'vitest';

import { McpSseError, type Adapter, type JsonRpcMessage } from '../../lib/index.js';
import { deferred, type Deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { notification, request, result } from '../support/messages.js';
import { RawClient } from '../support/raw-client.js';
import { expectRefusal } from '../support/refusal.js';
import { serve } from '../support/serve.js';
import { StreamClient, type fetchText } from '../support/stream-client.js';

const MiB = 1 << 20;

/** A server with a small budget, each of whose requests waits until it is told its answer. */
async function budgeted() {
  const running = new Map<unknown, Deferred<object>>();
  const delivered: JsonRpcMessage[] = [];
  const served = await serve({
    limits: { maxTotalBytes: MiB },
    resume: false,
    handler: (message) => {
      delivered.push(message);
      if (!('id' in message && 'method' in message)) return undefined;
      const answer = deferred<object>();
      running.set(message.id, answer);
      return answer.promise;
    },
  });
  const client = await StreamClient.open(`${served.url}/sse`);
  const held = (): number => served.mcp.stats().totalBytes;
  const settled = (): Promise<void> => eventually(() => held() === 0, 'an account of nothing');
  return { ...served, client, running, delivered, held, settled };
}

const large = (id: number, bytes: number): JsonRpcMessage =>
  request(id, 'work', { text: 'x'.repeat(bytes) });

function expectOverBudget(answer: Awaited<ReturnType<typeof fetchText>>): void {
  expectRefusal(answer, 503, -32000);
  expect(answer.headers['retry-after']).toMatch(/^\d+$/);
}

describe('a body over the budget', () => {
  it('is refused before it is parsed, and evicts no session', async () => {
    const { client, mcp, delivered, held } = await budgeted();
    const brackets = request(1, 'work', { list: Array.from({ length: 60_000 }, () => ({})) });
    expectOverBudget(await client.post(brackets));
    expectOverBudget(await client.post(large(1, MiB)));
    expect([held(), delivered]).toEqual([0, []]);
    expect(mcp.stats()).toMatchObject({
      sessions: 1,
      totals: { refused: { 'over-budget': 2 }, errors: {}, closed: {} },
    });
  });

  it('is refused while it is still being sent', async () => {
    const { client, port, held, settled } = await budgeted();
    const { pathname, search } = new URL(client.endpoint);
    const raw = await RawClient.send(
      port,
      `POST ${pathname}${search} HTTP/1.1`,
      'Host: localhost',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    );
    const chunk = `10000\r\n${'['.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent < 4; sent += 1) raw.write(chunk);
    await eventually(() => held() === 4 * 0x10000, 'the account of what has arrived');
    // A large body leaves the last quarter to small ones, whatever its pieces are.
    for (let sent = 0; sent < 9; sent += 1) raw.write(chunk);
    await raw.received('\r\n\r\n{');
    expect(raw.status).toBe(503);
    expect(raw.text).toMatch(/^Retry-After: \d+\r$/im);
    await settled();
    // The rest is read and forgotten.
    for (let sent = 0; sent < 16; sent += 1) raw.write(chunk);
    expect(held()).toBe(0);
  });

  it('is accepted once the requests before it are answered', async () => {
    const { client, running, settled } = await budgeted();
    expect((await client.post(large(1, 300_000))).status).toBe(202);
    expectOverBudget(await client.post(large(2, 300_000)));
    // The last quarter is for small ones.
    expect((await client.post(large(3, 10_000))).status).toBe(202);
    for (const answer of running.values()) answer.resolve({});
    await client.nextMessage(({ id }) => id === 3);
    expect((await client.post(large(2, 300_000))).status).toBe(202);
    running.get(2)!.resolve({});
    await settled();
  });
});

describe('the byte budget', () => {
  it('returns to zero when a body is cut short', async () => {
    const { client, port, held, settled } = await budgeted();
    const { pathname, search } = new URL(client.endpoint);
    const raw = await RawClient.send(
      port,
      `POST ${pathname}${search} HTTP/1.1`,
      'Host: localhost',
      'Content-Type: application/json',
      'Content-Length: 100000',
    );
    raw.write('x'.repeat(50_000));
    await eventually(() => held() === 50_000, 'the account of half a body');
    raw.drop();
    await settled();
  });

  it('returns to zero after answers, errors and refusals of all kinds', async () => {
    const { client, running, held, settled } = await budgeted();
    await client.post([large(1, 100_000), large(2, 100_000)]);
    expect(held()).toBeGreaterThan(200_000);
    expect((await client.post(large(1, 50_000))).status).toBe(400);
    expect((await client.post(`{"jsonrpc":${' '.repeat(50_000)}`)).status).toBe(400);
    expect((await client.post({ jsonrpc: '1.0', text: 'x'.repeat(50_000) })).status).toBe(400);
    running.get(1)!.resolve({ text: 'y'.repeat(100_000) });
    running.get(2)!.reject(new McpSseError('internal', 'it failed'));
    await client.nextMessage(({ id }) => id === 2);
    await settled();
  });

  it('counts a cancelled request until its handler settles', async () => {
    const { client, running, held, settled } = await budgeted();
    await client.post(large(1, 100_000));
    await client.post(notification('notifications/cancelled', { requestId: 1 }));
    expect(held()).toBeGreaterThan(100_000);
    running.get(1)!.resolve({});
    await settled();
  });

  it.each(['closed', 'dropped'])(
    'counts requests of a session that is %s until their handlers settle',
    async (how) => {
      const { client, mcp, running, held, settled } = await budgeted();
      await client.post([large(1, 100_000), large(2, 100_000)]);
      if (how === 'closed') await mcp.closeSessions();
      else client.drop();
      await eventually(() => mcp.sessions.size === 0);
      expect(held()).toBeGreaterThan(200_000);
      running.get(1)!.resolve({});
      await eventually(() => held() < 150_000);
      expect(held()).toBeGreaterThan(100_000);
      running.get(2)!.reject(new McpSseError('request-cancelled', 'over'));
      await settled();
    },
  );

  it('does not count requests whose session is closed before they reach the handler', async () => {
    const { url, mcp } = await serve({
      limits: { maxTotalBytes: MiB },
      resume: false,
      handler: () => new Promise(() => {}),
      hooks: { onReceive: (_, session) => session.close() },
    });
    const client = await StreamClient.open(`${url}/sse`);
    await client.post([large(1, 100_000), large(2, 100_000)]);
    await client.end();
    expect(mcp.stats().totalBytes).toBe(0);
  });

  it('counts the handshake data of a client, and messages that wait for it', async () => {
    const { client, mcp, running, held, settled } = await budgeted();
    const clientInfo = { name: 'a', version: '1' };
    const capabilities = { experimental: { text: { text: 'x'.repeat(10_000) } } };
    await client.post(request(1, 'initialize', { clientInfo, capabilities }));
    client.pause();
    expect(held()).toBeGreaterThan(10_000);
    const [session] = mcp.sessions;
    for (let n = 0; n < 50; n += 1)
      void session!.notify('note', { text: 'x'.repeat(10_000) }).catch(() => undefined);
    expect(held()).toBeGreaterThan(500_000);
    session!.close();
    client.drop();
    running.get(1)!.resolve({});
    await settled();
  });
});

it('reads no large body for an unknown node', async () => {
  const adapter: Adapter = {
    join: async () => {
      throw new Error('out of reach');
    },
  };
  const { port, mcp } = await serve({ adapter, hooks: { onError: () => {} } });
  for (const length of ['Content-Length: 4000000', 'Transfer-Encoding: chunked']) {
    const raw = await RawClient.send(
      port,
      'POST /message?sessionId=AAAAAAAAAAAA.BBBBBBBBBBBBBBBBBBBBBBBB HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      length,
    );
    // Not a byte of it is sent.
    await raw.received(/^HTTP\/1\.1 503 [^]*"message"/);
    raw.drop();
  }
  expect(mcp.stats().totalBytes).toBe(0);
});

describe('a batch', () => {
  it('of more than limits.maxBatch messages is refused whole', async () => {
    const { client, mcp, delivered } = await budgeted();
    const notes = (count: number): JsonRpcMessage[] =>
      Array.from({ length: count }, () => notification());
    expectRefusal(await client.post(notes(257)), 400, -32600);
    expectRefusal(await client.post([...notes(256), result(1)]), 400, -32600);
    expect([delivered, mcp.stats().totals.messagesIn]).toEqual([[], 0]);
    expect((await client.post(notes(256))).status).toBe(202);
    expect(delivered).toHaveLength(256);
  });
});
