import { toNodeHandler } from '@modelcontextprotocol/node';
import { requireBearerAuth as requireBearerAuthV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { requireBearerAuth } from '@modelcontextprotocol/express';
import {
  createMcpHandler,
  McpServer,
  requireScopes,
  type AuthInfo,
  type McpServerFactory,
} from '@modelcontextprotocol/server';
import type { Express } from 'express';
import { describe, expect, it } from 'vitest';

import { localAdapter } from '../../lib/adapter/index.js';
import { request } from '../support/messages.js';
import { serve, type ServeOptions } from '../support/serve.js';
import { endpointAt, serveTwo } from '../support/serve-nodes.js';
import { StreamClient } from '../support/stream-client.js';

const EXPIRES_AT = 4_102_444_800;
const METADATA = 'https://mcp.example/.well-known/oauth-protected-resource/mcp';

/** What each token is good for. */
const TOKENS: Readonly<Record<string, Partial<AuthInfo>>> = {
  reader: { scopes: ['read'] },
  writer: { scopes: ['read', 'write'] },
  'reader-of-resource': { scopes: ['read'], resource: new URL('https://mcp.example/mcp#part') },
  'reader-of-host': { scopes: ['read'], resource: new URL('https://mcp.example/') },
  'reader-of-name': { scopes: ['read'], resource: new URL('urn:example:mcp') },
  'reader-with-metadata': { scopes: ['read'], resourceMetadataUrl: `${METADATA}?"a\\b"` },
};

const verifier = {
  verifyAccessToken(token: string): Promise<AuthInfo> {
    const known = TOKENS[token] ?? {};
    return Promise.resolve({
      token,
      clientId: 'client',
      scopes: [],
      expiresAt: EXPIRES_AT,
      extra: { sub: token },
      ...known,
    });
  },
};

const called: string[] = [];

/** A tool for everybody, and tools that ask for scopes, each in a way of its own. */
const factory: McpServerFactory = () => {
  const server = new McpServer({ name: 'scopes', version: '1' });
  const add = (name: string, scopeChallenge?: ReturnType<typeof requireScopes>): void => {
    server.registerTool(name, { ...(scopeChallenge && { scopeChallenge }) }, () => {
      called.push(name);
      return { content: [{ type: 'text', text: name }] };
    });
  };
  add('free');
  add('write', requireScopes('read', 'write'));
  add('write-later', async (context) => {
    await new Promise((resolve) => setImmediate(resolve));
    return requireScopes('write')(context);
  });
  add('explained', () => ({ scopes: ['admin', 'write'], errorDescription: 'Ask an admin' }));
  return server;
};

const authenticated: ServeOptions = {
  way: 'router',
  prepare: (app: Express) => app.use(requireBearerAuth({ verifier })),
};

const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });
const callOf = (name: string, id = 1) => request(id, 'tools/call', { name, arguments: {} });

/** What the SDK's own Streamable HTTP answers to the same call. */
async function sdkChallenge(token: string, tool: string): Promise<string | null> {
  const { url } = await serve(
    {},
    {
      ...authenticated,
      wire: (app) => app.post('/mcp', toNodeHandler(createMcpHandler(factory))),
    },
  );
  const answer = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      ...bearer(token),
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2025-11-25',
    },
    body: JSON.stringify(callOf(tool)),
  });
  expect(answer.status).toBe(403);
  return answer.headers.get('WWW-Authenticate');
}

const REFUSED: [token: string, tool: string][] = [
  ['reader', 'write'],
  ['reader', 'write-later'],
  ['writer', 'explained'],
  ['reader-of-resource', 'write'],
  ['reader-of-host', 'write'],
  ['reader-of-name', 'write'],
  ['reader-with-metadata', 'write'],
];

it.each(REFUSED)('refuses a %s who calls %s, as SDK v2 does', async (token, tool) => {
  const { url, mcp } = await serve({ server: factory }, authenticated);
  const client = await StreamClient.open(`${url}/sse`, bearer(token));
  called.length = 0;
  const { status, headers, body } = await client.post(callOf(tool));
  expect([status, headers['www-authenticate']]).toEqual([403, await sdkChallenge(token, tool)]);
  expect(JSON.parse(body)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32600 } });
  expect(called).toEqual([]);
  const { inFlight, totals } = mcp.stats();
  expect([inFlight, totals.refused]).toEqual([0, { 'insufficient-scope': 1 }]);
  expect((await client.request('tools/call', { name: 'free' })).result.content[0].text).toBe(
    'free',
  );
});

it.each(REFUSED)('refuses a %s who calls %s through another node', async (token, tool) => {
  const [one, other] = await serveTwo({ server: factory }, localAdapter(), authenticated);
  const client = await StreamClient.open(`${one.url}/sse`, bearer(token));
  called.length = 0;
  const answer = await fetch(endpointAt(other, client), {
    method: 'POST',
    headers: { ...bearer(token), 'Content-Type': 'application/json' },
    body: JSON.stringify(callOf(tool)),
  });
  const challenge = answer.headers.get('WWW-Authenticate');
  expect([answer.status, challenge]).toEqual([403, await sdkChallenge(token, tool)]);
  expect(await answer.json()).toMatchObject({ error: { code: -32600 } });
  expect(called).toEqual([]);
});

it('accepts a token with the scopes', async () => {
  const { url } = await serve({ server: factory }, authenticated);
  const client = await StreamClient.open(`${url}/sse`, bearer('writer'));
  for (const name of ['write', 'write-later', 'free']) {
    const { result } = await client.request('tools/call', { name });
    expect(result.content[0].text).toBe(name);
  }
});

it('refuses a batch as a whole', async () => {
  const { url } = await serve({ server: factory }, authenticated);
  const client = await StreamClient.open(`${url}/sse`, bearer('reader'));
  called.length = 0;
  const batch = [callOf('free', 1), callOf('write-later', 2), callOf('write', 3)];
  expect((await client.post(batch)).status).toBe(403);
  expect((await client.post([callOf('free', 1), callOf('write', 3)])).status).toBe(403);
  expect(called).toEqual([]);
});

describe.each([
  ['v1', requireBearerAuthV1],
  ['v2', requireBearerAuth],
])('requireBearerAuth of SDK %s in front', (_, middleware) => {
  const options: ServeOptions = {
    way: 'router',
    prepare: (app) =>
      app.use(middleware({ verifier, requiredScopes: ['write'], resourceMetadataUrl: METADATA })),
  };

  it('refuses streams and POSTs whose token lacks a scope, and names it', async () => {
    const { url } = await serve({ server: factory }, options);
    const client = await StreamClient.open(`${url}/sse`, bearer('writer'));
    const refused = await StreamClient.begin(`${url}/sse`, bearer('reader'));
    const posted = await client.post(callOf('free'), bearer('reader'));
    for (const { status, headers } of [refused, posted]) {
      expect(status).toBe(403);
      expect(headers['www-authenticate']).toBe(
        'Bearer error="insufficient_scope", error_description="Insufficient scope", ' +
          `scope="write", resource_metadata="${METADATA}"`,
      );
    }
    expect((await client.request('tools/call', { name: 'free' })).result.content).toHaveLength(1);
  });
});
