import type { RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';

import type { MessageHandler, RequestFacts } from '../../lib/index.js';
import { FaultyAdapter } from '../support/faulty-adapter.js';
import { serveTwo, endpointAt } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const ping = (id: number): object => ({ jsonrpc: '2.0', id, method: 'ping' });

describe('a POST to another node than the owner of its session', () => {
  it('is taken, and answered on the stream', async () => {
    // So that nothing but POSTs is counted.
    const [owner, other] = await serveTwo({ resume: { trackCalls: false } });
    const client = await StreamClient.open(`${owner.url}/sse`);
    const { status, body } = await post(endpointAt(other, client), ping(1));
    expect([status, body]).toEqual([202, '']);
    expect(await client.nextMessage()).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    expect(owner.mcp.stats().cluster).toMatchObject({
      up: true,
      nodes: 2,
      requestsSent: 0,
      requestsReceived: 1,
    });
    expect(other.mcp.stats().cluster).toMatchObject({
      up: true,
      nodes: 2,
      requestsSent: 1,
      requestsReceived: 0,
    });
  });

  it('reaches the session in the order of the 202s, whichever node receives it', async () => {
    const seen: unknown[] = [];
    const handler: MessageHandler = (message) => {
      if ('method' in message) seen.push(message.params?.n);
    };
    const [owner, other] = await serveTwo({ handler });
    const client = await StreamClient.open(`${owner.url}/sse`);
    const numbers = Array.from({ length: 40 }, (_, n) => n);
    for (const n of numbers) {
      const url = endpointAt(n % 3 === 0 ? owner : other, client);
      await post(url, { jsonrpc: '2.0', method: 'count', params: { n } });
    }
    expect(seen).toEqual(numbers);
  });

  it('gives the server the headers, the URL and the authentication of the request', async () => {
    const authenticate: RequestHandler = (req, _, next) => {
      Object.assign(req, {
        auth: { clientId: 'c', token: 't', scopes: ['a'], extra: { sub: 'u' } },
      });
      next();
    };
    const seen: RequestFacts[] = [];
    const handler: MessageHandler = (_message, { headers, url, authInfo }) => {
      seen.push({ headers, url, authInfo });
    };
    const serving = {
      way: 'router',
      prepare: (app: { use: (h: RequestHandler) => unknown }) => void app.use(authenticate),
    } as const;
    const [owner, other] = await serveTwo({ handler }, undefined, serving);
    const client = await StreamClient.open(`${owner.url}/sse`);
    const url = endpointAt(other, client);
    expect((await post(url, ping(1), { 'X-Trace': 't-1' })).status).toBe(202);
    expect(seen).toMatchObject([
      { headers: { 'x-trace': 't-1' }, url, authInfo: { clientId: 'c', extra: { sub: 'u' } } },
    ]);
  });

  it('is refused like any other: another principal, an unknown session, a malformed body, too many at once', async () => {
    const [owner, other] = await serveTwo({
      handler: () => new Promise(() => {}),
      limits: { maxConcurrentRequests: 1, maxBodyBytes: 1_000 },
      security: { principal: (req) => req.headers.authorization },
    });
    const ada = { Authorization: 'ada' };
    const client = await StreamClient.open(`${owner.url}/sse`, ada);
    const url = endpointAt(other, client);
    const status = async (to: string, body: unknown, headers: Record<string, string> = ada) =>
      (await post(to, body, headers)).status;
    expect(await status(url, ping(1))).toBe(202);
    expect(await status(url, ping(2))).toBe(429);
    expect(await status(url, ping(1))).toBe(429);
    expect(await status(url, ping(3), { Authorization: 'bob' })).toBe(404);
    expect(await status(url, ping(3), {})).toBe(404);
    expect(await status(`${url}x`, ping(3))).toBe(404);
    expect(await status(url, { jsonrpc: '1.0' })).toBe(400);
    expect(await status(url, '{"jsonrpc"')).toBe(400);
    expect(await status(url, ping(3), { ...ada, 'Content-Type': 'text/plain' })).toBe(415);
    expect(await status(url, { ...ping(3), params: { long: 'x'.repeat(2_000) } })).toBe(413);
  });

  it('is refused without a request to other nodes if its session id names no node', async () => {
    const adapter = new FaultyAdapter();
    const [, other] = await serveTwo({}, adapter);
    // Whoever asks is told 503.
    adapter.refuses = true;
    const { status } = await post(`${other.url}/message?sessionId=of-no-node`, ping(1));
    expect(status).toBe(404);
  });

  it('gets the same 404 as an unknown session', async () => {
    const [owner, other] = await serveTwo();
    const client = await StreamClient.open(`${owner.url}/sse`);
    const elsewhere = await post(`${endpointAt(other, client)}x`, ping(1));
    const here = await post(`${client.endpoint}x`, ping(1));
    expect([elsewhere.status, elsewhere.body]).toEqual([here.status, here.body]);
  });

  it('is refused with 500 and reported when its authentication cannot travel', async () => {
    const errors: string[] = [];
    const authenticate: RequestHandler = (req, _, next) => {
      const auth: Record<string, unknown> = { clientId: 'c', token: 't', scopes: [] };
      Object.assign(req, { auth: Object.assign(auth, { itself: auth }) });
      next();
    };
    const serving = {
      way: 'router',
      prepare: (app: { use: (h: RequestHandler) => unknown }) => void app.use(authenticate),
    } as const;
    const hooks = {
      onError: ({ code, message }: Error & { code: string }) => errors.push(`${code}: ${message}`),
    };
    // The default one refuses a shape that it does not know.
    const security = { principal: () => 'c' };
    const [owner, other] = await serveTwo({ hooks, security }, undefined, serving);
    const client = await StreamClient.open(`${owner.url}/sse`);
    expect((await post(client.endpoint, ping(1))).status).toBe(202);
    expect((await post(endpointAt(other, client), ping(2))).status).toBe(500);
    expect(errors).toEqual([
      'not-serializable: data for another node, req.auth included, must be plain JSON',
    ]);
  });
});
