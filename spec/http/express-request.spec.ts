import { createServer } from 'node:http';

import type { Request } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { mcpSse } from '../../lib/index.js';
import { closed, listen, serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

/** What each function of the application sees of its request by the members of Express. */
function recorded() {
  const seen: Record<string, unknown> = {};
  const note = (place: string, req: Request): void => {
    seen[place] = {
      header: req.get('x-client'),
      q: req.query.q,
      params: typeof req.params,
      path: req.path,
      ip: req.ip?.endsWith('127.0.0.1'),
      json: req.accepts('json'),
    };
  };
  return {
    seen,
    options: {
      security: {
        principal: (req: Request) => {
          note('principal', req);
          return undefined;
        },
      },
      resume: {
        key: (req: Request) => {
          note('key', req);
          return undefined;
        },
      },
      sessionIdGenerator: (req: Request) => (note('sessionIdGenerator', req), 'the-id'),
      endpoint: (req: Request, id: string) => (note('endpoint', req), `/message?sessionId=${id}`),
      hooks: {
        onConnect: (req: Request) => {
          note('onConnect', req);
        },
      },
    },
  };
}

const EXPECTED = { header: 'me', q: 'x', params: 'object', path: '/sse', ip: true, json: false };
const PLACES = ['principal', 'key', 'sessionIdGenerator', 'endpoint', 'onConnect'];
const all = Object.fromEntries(PLACES.map((place) => [place, EXPECTED]));

describe('functions of the application get an Express request', () => {
  it.each(['router', 'listener'] as const)('by the %s', async (way) => {
    const { seen, options } = recorded();
    const { url } = await serve(options, { way });
    await StreamClient.open(`${url}/sse?q=x`, { 'x-client': 'me' });
    expect(seen).toEqual(all);
  });

  it('without an Express application', async () => {
    const { seen, options } = recorded();
    const mcp = mcpSse(options);
    const server = createServer((req, res) => {
      mcp(req as Request, res as never, () => res.writeHead(404).end());
    });
    onTestFinished(async () => {
      await mcp.close();
      await closed(server);
    });
    const port = await listen(server);
    await StreamClient.open(`http://127.0.0.1:${port}/sse?q=x`, { 'x-client': 'me' });
    expect(seen).toEqual(all);
  });
});

it('onConnect refuses with 403 by returning false, and opens no session', async () => {
  const { url, mcp } = await serve({ hooks: { onConnect: (req) => req.get('token') === 'good' } });
  const bad = await StreamClient.open(`${url}/sse`);
  expect(bad.status).toBe(403);
  expect(mcp.stats().totals).toMatchObject({ opened: 0, refused: { forbidden: 1 } });
  expect((await StreamClient.open(`${url}/sse`, { token: 'good' })).status).toBe(200);
});
