import { describe, expect, it } from 'vitest';

import type { JsonRpcMessage, McpServerLike, SessionTransport } from '../../../lib/index.js';
import type { ScopeChallengeResolver } from '../../../lib/session/serve/scope-challenge.js';
import { deferred } from '../../support/deferred.js';
import { request } from '../../support/messages.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

/** A server that asks `resolver` about every request, and answers what passes. */
function serverWith(resolver: unknown, received: JsonRpcMessage[] = []): () => McpServerLike {
  return () => ({
    connect(transport: SessionTransport) {
      transport.setScopeChallengeResolver(resolver as ScopeChallengeResolver);
      transport.onmessage = (message) => {
        received.push(message);
        if ('id' in message && 'method' in message)
          void transport.send({ jsonrpc: '2.0', id: message.id, result: {} });
      };
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
}

describe('an invalid challenge', () => {
  it.each<[string, unknown]>([
    ['null', () => null],
    ['a text', () => 'write'],
    ['true', () => true],
    ['no scopes', () => ({})],
    ['an empty list', () => ({ scopes: [] })],
    ['a scope that is no text', () => ({ scopes: [1] })],
    ['an empty scope', () => ({ scopes: [''] })],
    ['two scopes in one', () => ({ scopes: ['a b'] })],
    ['a quote', () => ({ scopes: ['a"'] })],
    ['a line feed', () => ({ scopes: ['a\nb'] })],
    ['a description with a line feed', () => ({ scopes: ['a'], errorDescription: 'a\r\nb: c' })],
    ['a description that is no text', () => ({ scopes: ['a'], errorDescription: 1 })],
    ['a throw', () => JSON.parse('{') as unknown],
    ['a rejection', () => Promise.reject(new Error('no'))],
    ['a promise of nonsense', () => Promise.resolve({ scopes: 'write' })],
  ])('%s is reported, and refuses the request with 500', async (_, resolver) => {
    const received: JsonRpcMessage[] = [];
    const errors: string[] = [];
    const { url } = await serve({
      server: serverWith(resolver, received),
      hooks: { onError: ({ code }) => errors.push(code) },
    });
    const client = await StreamClient.open(`${url}/sse`);
    const { status, body, headers } = await client.post(request(1));
    expect([status, headers['www-authenticate']]).toEqual([500, undefined]);
    expect(body).toContain('Internal error');
    expect(received).toEqual([]);
    expect(errors).toEqual(['server-failed']);
  });
});

it('accepts a challenge without authentication, and then names no metadata', async () => {
  const { url } = await serve({ server: serverWith(() => ({ scopes: ['a', 'b'] })) });
  const client = await StreamClient.open(`${url}/sse`);
  const { status, headers } = await client.post(request(1));
  expect([status, headers['www-authenticate']]).toEqual([
    403,
    'Bearer error="insufficient_scope", error_description="Insufficient scope", scope="a b"',
  ]);
});

it('waits for the resolver no longer than for a hook', async () => {
  const codes: string[] = [];
  const { url } = await serve({
    server: serverWith(() => new Promise(() => undefined)),
    limits: { hookTimeoutMs: 20 },
    hooks: { onError: ({ code }) => codes.push(code) },
  });
  const client = await StreamClient.open(`${url}/sse`);
  expect((await client.post(request(1))).status).toBe(500);
  expect(codes).toEqual(['hook-timeout']);
});

it('refuses a request whose session has closed meanwhile', async () => {
  const asked = deferred();
  const answer = deferred<undefined>();
  const received: JsonRpcMessage[] = [];
  const resolver = (): Promise<undefined> => {
    asked.resolve();
    return answer.promise;
  };
  const { url, mcp } = await serve({ server: serverWith(resolver, received) });
  const client = await StreamClient.open(`${url}/sse`);
  const posted = client.post(request(1));
  await asked.promise;
  mcp.sessions.get(client.sessionId)?.close();
  answer.resolve(undefined);
  expect((await posted).status).toBe(404);
  expect(received).toEqual([]);
});
