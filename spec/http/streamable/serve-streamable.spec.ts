import { request as httpRequest } from 'node:http';

import type { RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';

import { McpSseError, type McpSseOptions } from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

const STREAMABLE = {
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
  'MCP-Protocol-Version': '2025-11-25',
};

const post = (url: string, body = '{}', headers: Record<string, string> = STREAMABLE) =>
  fetch(`${url}/sse`, { method: 'POST', headers, body });

it('leaves everything but GET refused without the option', async () => {
  const { url } = await serve();
  for (const method of ['POST', 'DELETE']) {
    const answer = await fetch(`${url}/sse`, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
  }
});

it('names the methods that it serves', async () => {
  const { url } = await serve({ streamableHttp: (_req, res) => void res.end() });
  const answer = await fetch(`${url}/sse`, { method: 'PUT' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE']);
  const other = await fetch(`${url}/message`, { method: 'DELETE' });
  expect([other.status, other.headers.get('allow')]).toEqual([405, 'POST']);
});

describe('guards and hooks stand in front', () => {
  let calls = 0;
  const counting: McpSseOptions = {
    streamableHttp: (_req, res) => {
      calls += 1;
      res.status(200).end();
    },
  };

  it('refuses a foreign Host and Origin', async () => {
    calls = 0;
    const { url, port } = await serve(counting);
    const status = await new Promise<number | undefined>((resolve) => {
      const options = { port, path: '/sse', method: 'POST', headers: { host: 'evil.example' } };
      httpRequest(options, (res) => {
        res.resume();
        resolve(res.statusCode);
      }).end();
    });
    expect(status).toBe(403);
    const foreign = { ...STREAMABLE, Origin: 'https://evil.example' };
    expect((await post(url, '{}', foreign)).status).toBe(403);
    expect(calls).toBe(0);
  });

  it('lets pages of allowed origins use it, DELETE and its headers included', async () => {
    const Origin = 'https://app.example';
    const { url } = await serve({ ...counting, security: { allowedOrigins: [Origin] } });
    const preflight = await fetch(`${url}/sse`, {
      method: 'OPTIONS',
      headers: {
        Origin,
        'Access-Control-Request-Method': 'DELETE',
        'Access-Control-Request-Headers': 'mcp-session-id,mcp-method,mcp-name',
      },
    });
    const allowed = (name: string): string | null =>
      preflight.headers.get(`access-control-${name}`);
    expect(allowed('allow-origin')).toBe(Origin);
    expect(allowed('allow-methods')).toContain('DELETE');
    expect(allowed('allow-headers')).toBe('mcp-session-id,mcp-method,mcp-name');
    const answer = await post(url, '{}', { ...STREAMABLE, Origin });
    const exposed = answer.headers.get('access-control-expose-headers');
    expect(exposed).toContain('Mcp-Session-Id');
    expect(answer.headers.get('access-control-allow-origin')).toBe(Origin);
  });

  it('refuses callers whom security.principal refuses', async () => {
    calls = 0;
    const challenge = 'Bearer realm="mcp"';
    const { url } = await serve({
      ...counting,
      security: {
        principal: () => {
          throw new McpSseError('unauthorized', 'Who are you?', { challenge });
        },
      },
    });
    const answer = await post(url);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, challenge]);
    expect(calls).toBe(0);
  });
});

describe('failures of the handler', () => {
  it.each<[string, RequestHandler]>([
    [
      'a throw',
      () => {
        throw new Error('secret');
      },
    ],
    ['a rejection', () => Promise.reject(new Error('secret'))],
    [
      'next(error)',
      (_req, _res, next) => {
        next(new Error('secret'));
      },
    ],
  ])('%s is answered with 500, and reported', async (_, streamableHttp) => {
    const errors: string[] = [];
    const { url } = await serve({
      streamableHttp,
      hooks: { onError: ({ code, message }) => errors.push(`${code}: ${message}`) },
    });
    const answer = await post(url);
    const error = { code: -32603, message: 'Internal error' };
    expect(await answer.json()).toEqual({ jsonrpc: '2.0', id: null, error });
    expect([answer.status, errors]).toEqual([500, ['internal: secret']]);
  });

  it('an error of this package is answered as its code says', async () => {
    const { url } = await serve({
      streamableHttp: () => Promise.reject(new McpSseError('forbidden', 'no')),
    });
    expect((await post(url)).status).toBe(403);
  });

  it('an error after the head cuts the answer', async () => {
    const errors: string[] = [];
    const { url } = await serve({
      streamableHttp: (_req, res) => {
        res.writeHead(200).write('half');
        return Promise.reject(new Error('late'));
      },
      hooks: { onError: ({ message }) => errors.push(message) },
    });
    await expect(post(url).then((answer) => answer.text())).rejects.toThrow();
    expect(errors).toEqual(['late']);
  });

  it('an error after the answer is reported', async () => {
    const errors: string[] = [];
    const answered = deferred();
    const { url } = await serve({
      streamableHttp: async (_req, res) => {
        res.once('close', () => {
          answered.resolve();
        });
        res.end('done');
        await answered.promise;
        throw new Error('too late');
      },
      hooks: { onError: ({ message }) => errors.push(message) },
    });
    expect(await (await post(url)).text()).toBe('done');
    await eventually(() => errors.length > 0, 'the report');
    expect(errors).toEqual(['too late']);
  });

  it('an error after the client has left is ignored', async () => {
    const errors: string[] = [];
    const called = deferred();
    const over = deferred();
    const { url } = await serve({
      streamableHttp: async (_req, res) => {
        called.resolve();
        await new Promise((resolve) => res.once('close', resolve));
        over.resolve();
        throw new Error('aborted');
      },
      hooks: { onError: ({ message }) => errors.push(message) },
    });
    const leaving = new AbortController();
    const answer = fetch(`${url}/sse`, { method: 'POST', signal: leaving.signal });
    answer.catch(() => undefined);
    await called.promise;
    leaving.abort();
    await over.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toEqual([]);
  });
});

it('counts who uses it', async () => {
  const { url, mcp } = await serve({
    streamableHttp: (_req, res) => void res.end(),
    security: { principal: () => 'ann' },
    usage: { principals: 'plain' },
  });
  await post(url);
  const { rows } = await mcp.usage();
  const row = { transport: 'streamable', principal: 'ann', protocolVersion: '2025-11-25' };
  expect(rows).toMatchObject([{ ...row, requests: 1, sessions: 0 }]);
});

it('serves requests that the handler passes on as without the option', async () => {
  const { url } = await serve({
    streamableHttp: (_req, _res, next) => {
      next();
    },
  });
  expect((await post(url)).status).toBe(405);
  const client = await StreamClient.open(`${url}/sse`, { 'Mcp-Session-Id': '1' });
  expect((await client.request('ping')).result).toEqual({});
});

it('gives the handler a request and a response of Express', async () => {
  const { url } = await serve({
    streamableHttp: (req, res) => {
      res.locals.seen = req.query.q;
      res
        .status(418)
        .json({ ip: req.ip, seen: res.locals.seen as unknown, type: req.get('accept') });
    },
  });
  const answer = await fetch(`${url}/sse?q=1`, { method: 'POST', headers: { Accept: 'x/y' } });
  expect([answer.status, await answer.json()]).toEqual([
    418,
    { ip: '127.0.0.1', seen: '1', type: 'x/y' },
  ]);
});
