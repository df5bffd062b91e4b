import express from 'express';
import { describe, expect, it } from 'vitest';

import { mcpSse, type McpSseOptions } from '../../../lib/index.js';
import { expectStats } from '../../support/expect-stats.js';
import { expectRefusal } from '../../support/refusal.js';
import { serve } from '../../support/serve.js';
import { fetchText, StreamClient } from '../../support/stream-client.js';

/** The data of the `endpoint` event of a stream, without its session id. */
async function announced(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ data: string; client: StreamClient }> {
  const client = await StreamClient.open(url, headers);
  expect(client.status, url).toBe(200);
  // Whatever is announced must lead to the session.
  if (!headers.Host) expect((await client.request('ping')).result).toEqual({});
  return { data: client.events[0]!.data.replace(client.sessionId, 'ID'), client };
}

describe('the relative endpoint', () => {
  type Paths = NonNullable<McpSseOptions['paths']>;
  const cases: readonly [mount: string, paths: Paths, asked: string, announced: string][] = [
    ['/', {}, '/sse', 'message?sessionId=ID'],
    ['/', {}, '/sse/', '../message?sessionId=ID'],
    ['/', {}, '/SSE', 'message?sessionId=ID'],
    ['/', {}, '/sse?api=2&x=/y/', 'message?sessionId=ID'],
    ['/api/v1', {}, '/api/v1/sse', 'message?sessionId=ID'],
    ['/api/v1', {}, '/api/v1/sse/', '../message?sessionId=ID'],
    ['/api/v1/', {}, '/api/v1/sse', 'message?sessionId=ID'],
    ['/api/v1', {}, '/API/v1/Sse', 'message?sessionId=ID'],
    ['/:tenant', {}, '/acme/sse', 'message?sessionId=ID'],
    ['/:tenant/mcp', {}, '/a%2Fb%20c/mcp/sse/', '../message?sessionId=ID'],
    ['/', { sse: '/events', message: '/rpc' }, '/events', 'rpc?sessionId=ID'],
    ['/', { sse: '/events/', message: '/rpc/' }, '/events', 'rpc?sessionId=ID'],
    ['/', { sse: '/a/b/sse' }, '/a/b/sse', '../../message?sessionId=ID'],
    ['/', { sse: '/a/b', message: '/a/c' }, '/a/b/', '../../a/c?sessionId=ID'],
    ['/x', { message: '/' }, '/x/sse', './?sessionId=ID'],
    ['/x', { message: '/' }, '/x/sse/', '../?sessionId=ID'],
    ['/', { sse: '/' }, '/', './message?sessionId=ID'],
    ['/mcp', { sse: '/' }, '/mcp', './mcp/message?sessionId=ID'],
    ['/mcp', { sse: '/' }, '/mcp/', './message?sessionId=ID'],
    ['/mcp', { sse: '/' }, '/MCP?x=1', './MCP/message?sessionId=ID'],
    ['/api/mcp', { sse: '/' }, '/api/mcp', './mcp/message?sessionId=ID'],
    ['/:tenant', { sse: '/' }, '/acme', './acme/message?sessionId=ID'],
  ];

  it.each(cases)(
    'mounted at %s with %o, asked for as %s: %s',
    async (mount, paths, asked, data) => {
      const { port } = await serve({ paths, endpoint: 'relative' }, { mount });
      const origin = `http://127.0.0.1:${String(port)}`;
      expect((await announced(origin + asked)).data).toBe(data);
    },
  );

  it('is right in nested routers', async () => {
    const { url } = await serve(
      { endpoint: 'relative' },
      {
        mount: '/outer/inner',
        wire: (app, mcp) => {
          const inner = express.Router().use('/inner', mcp);
          app.use('/outer', express.Router().use(inner));
        },
      },
    );
    expect((await announced(`${url}/sse`)).data).toBe('message?sessionId=ID');
    expect((await announced(`${url}/sse/`)).data).toBe('../message?sessionId=ID');
  });

  it.each(['/sse//', '/sse/x', '//sse', '/ssee', '/%73se', '/x/sse'])(
    'is not announced at %s',
    async (path) => {
      const { port, mcp } = await serve();
      const answer = await fetchText(`http://127.0.0.1:${String(port)}${path}`, {});
      expect(answer.status).toBe(404);
      expectStats(mcp, { totals: { opened: 0, refused: {} } });
    },
  );
});

it.each(['/sse', '/sse/', '/SSE'])(
  'needs a path that differs from that of the stream: not %s',
  (message) => {
    expect(() => mcpSse({ paths: { sse: '/sse', message } })).toThrow('the two paths must differ');
  },
);

describe("the endpoint 'auto'", () => {
  const cases: readonly [mount: string, paths: object, asked: string, announced: string][] = [
    ['/', {}, '/sse', 'message?sessionId=ID'],
    ['/', {}, '/sse/', '../message?sessionId=ID'],
    ['/', { sse: '/a/sse', message: '/a/message' }, '/a/sse', '../a/message?sessionId=ID'],
    ['/', { sse: '/' }, '/', './message?sessionId=ID'],
    ['/api', {}, '/api/sse', '/api/message?sessionId=ID'],
    ['/api/v1', {}, '/api/v1/sse', '/api/v1/message?sessionId=ID'],
    ['/:tenant', {}, '/a%2Fb%20c/sse', '/a%2Fb%20c/message?sessionId=ID'],
    ['/mcp', { sse: '/' }, '/mcp', '/mcp/message?sessionId=ID'],
  ];

  // Clients for Java and Rust do not resolve a relative reference.
  it.each(cases)(
    'mounted at %s with %o, asked for as %s: %s',
    async (mount, paths, asked, data) => {
      const { port } = await serve({ paths }, { mount });
      expect((await announced(`http://127.0.0.1:${String(port)}${asked}`)).data).toBe(data);
    },
  );

  it('includes the prefix that a trusted proxy has removed', async () => {
    const { url } = await serve({}, { prepare: (app) => app.set('trust proxy', 'loopback') });
    const { data } = await announced(`${url}/sse`, {
      Host: 'localhost',
      'X-Forwarded-Prefix': '/public',
    });
    expect(data).toBe('/public/message?sessionId=ID');
  });

  it('ignores the prefix of an untrusted proxy', async () => {
    const { url } = await serve();
    const { data } = await announced(`${url}/sse`, {
      Host: 'localhost',
      'X-Forwarded-Prefix': '/public',
    });
    expect(data).toBe('message?sessionId=ID');
  });

  it("is the default, and 'path' is the path at the root too", async () => {
    const { url } = await serve({ endpoint: 'path' });
    expect((await announced(`${url}/sse`)).data).toBe('/message?sessionId=ID');
  });
});

describe('endpointQuery', () => {
  it.each<[true | string[], string, string]>([
    [true, '?tenant=a&b=%20c&sessionId=evil&n=9', '&tenant=a&b=%20c'],
    [['b'], '?tenant=a&b=c', '&b=c'],
    [['none'], '?tenant=a', ''],
    [[], '?tenant=a', ''],
  ])('%o keeps of %s: %s', async (endpointQuery, query, kept) => {
    const { url } = await serve({ endpointQuery });
    const { data, client } = await announced(`${url}/sse${query}`);
    expect(data).toBe(`message?sessionId=ID${kept}`);
    expect((await client.request('ping')).result).toEqual({});
  });
});

describe("the endpoint 'absolute'", () => {
  const forwarded = {
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'mcp.example.com:8443',
    'X-Forwarded-Prefix': '/public/',
  };

  it('consists of the Host and the mount', async () => {
    const { url } = await serve({ endpoint: 'absolute' }, { mount: '/api/v1' });
    expect((await announced(`${url}/sse`)).data).toBe(`${url}/message?sessionId=ID`);
    expect((await announced(`${url}/sse/`)).data).toBe(`${url}/message?sessionId=ID`);
    const { data } = await announced(`${url}/sse`, { Host: 'localhost' });
    expect(data).toBe('http://localhost/api/v1/message?sessionId=ID');
  });

  it('is right for a stream at the mount itself', async () => {
    const { url } = await serve({ endpoint: 'absolute', paths: { sse: '/' } }, { mount: '/mcp' });
    expect((await announced(url)).data).toBe(`${url}/message?sessionId=ID`);
    expect((await announced(`${url}/`)).data).toBe(`${url}/message?sessionId=ID`);
  });

  it('uses scheme, host and prefix of a trusted proxy', async () => {
    const { url } = await serve(
      { endpoint: 'absolute', security: { allowedHosts: ['mcp.example.com'] } },
      { mount: '/v1', prepare: (app) => app.set('trust proxy', 'loopback') },
    );
    const headers = { Host: 'localhost', 'X-Forwarded-For': '203.0.113.1', ...forwarded };
    expect((await announced(`${url}/sse`, headers)).data).toBe(
      'https://mcp.example.com:8443/public/v1/message?sessionId=ID',
    );
    const odd = { ...headers, 'X-Forwarded-Prefix': '//evil.example.com@x//' };
    expect((await announced(`${url}/sse`, odd)).data).toBe(
      'https://mcp.example.com:8443/evil.example.com@x/v1/message?sessionId=ID',
    );
  });

  it('ignores an untrusted proxy', async () => {
    const { url } = await serve({ endpoint: 'absolute' });
    const headers = { Host: 'localhost:80', ...forwarded };
    const { data } = await announced(`${url}/sse`, headers);
    expect(data).toBe('http://localhost/message?sessionId=ID');
  });

  it.each(['a:b:c', '[::1', 'x y', 'evil@example.com', 'a/b?c#d', 'a\\b'])(
    'does not repeat an invalid Host: %j',
    async (Host) => {
      const security = { allowedHosts: '*' } as const;
      const { url, mcp } = await serve({ endpoint: 'absolute', security });
      const { data } = await announced(`${url}/sse`, { Host });
      expect(data).toBe('http://localhost/message?sessionId=ID');
      expectStats(mcp, { totals: { errors: {} } });
    },
  );
});

describe('a function for the endpoint', () => {
  it('gets the request and the id, and its result is announced', async () => {
    const { url } = await serve(
      {
        endpoint: (req, id) => `${req.headers['x-base'] as string}/message?v=2&sessionId=${id}`,
      },
      { mount: '/mcp' },
    );
    const { data, client } = await announced(`${url}/sse`, { 'X-Base': '/mcp' });
    expect(data).toBe('/mcp/message?v=2&sessionId=ID');
    expect(client.endpoint).toBe(`${url}/message?v=2&sessionId=${client.sessionId}`);
  });

  it('cannot inject events: a URL with a line break refuses the stream', async () => {
    const endpoint = (_req: unknown, id: string): string =>
      `/message?sessionId=${id}\n\nevent: message\rdata: {}`;
    const { url } = await serve({ endpoint });
    expectRefusal(await fetchText(`${url}/sse`, {}), 500, -32603);
  });

  it('that returns no string refuses the stream', async () => {
    const { url } = await serve({ endpoint: async () => '/message' } as unknown as McpSseOptions);
    expectRefusal(await fetchText(`${url}/sse`, {}), 500, -32603);
  });
});
