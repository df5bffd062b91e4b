import { createServer } from 'node:http';

import express, { type NextFunction, type Request, type Response } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { mcpSse, type McpSseRouter } from '../../lib/index.js';
import { expectStats } from '../support/expect-stats.js';
import { listen, serve } from '../support/serve.js';
import { fetchText, post, StreamClient } from '../support/stream-client.js';

function own(_req: Request, res: Response): void {
  res.json({ own: true });
}

describe('a router of Express', () => {
  it('is a middleware function, mounted with app.use()', async () => {
    expect(typeof mcpSse()).toBe('function');
    const { url } = await serve({}, { way: 'router' });
    const client = await StreamClient.open(`${url}/sse`);
    expect(client.headers['x-powered-by']).toBe('Express');
    expect((await client.request('ping')).result).toEqual({});
  });

  it('calls next() for every other URL, whatever the method is', async () => {
    const { port, mcp } = await serve(
      {},
      {
        mount: '/mcp',
        way: 'router',
        wire: (app, router) => app.use('/mcp', router).use(own),
      },
    );
    const origin = `http://127.0.0.1:${String(port)}`;
    for (const path of ['/', '/sse', '/message', '/mcp', '/mcp/', '/mcp/sse/x', '/mcp/messages']) {
      for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) {
        const { body } = await fetchText(origin + path, { method });
        expect(body, `${method} ${path}`).toBe('{"own":true}');
      }
    }
    expectStats(mcp, { totals: { opened: 0, refused: {} } });
  });

  it('accepts routes and middleware of the application, like any router', async () => {
    const { url } = await serve(
      {},
      {
        way: 'router',
        wire: (app, router) => {
          router.get('/health', own);
          app.use(router);
        },
      },
    );
    expect((await fetchText(`${url}/health`, {})).body).toBe('{"own":true}');
    expect((await StreamClient.open(`${url}/sse`)).status).toBe(200);
  });

  it('runs after middleware in front, which may refuse in its own way', async () => {
    const bearer = (req: Request, res: Response, next: NextFunction): void => {
      if (req.headers.authorization === 'Bearer ticket') next();
      else res.status(401).set('WWW-Authenticate', 'Bearer').end();
    };
    const { url } = await serve({}, { prepare: (app) => app.use(bearer), way: 'router' });
    const { status, headers } = await fetchText(`${url}/sse`, {});
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer']);
    const client = await StreamClient.open(`${url}/sse`, { Authorization: 'Bearer ticket' });
    expect((await client.request('ping')).result).toEqual({});
    expect((await post(client.endpoint, { jsonrpc: '2.0', method: 'x' })).status).toBe(401);
  });

  it('gives hooks the request as Express and its middleware made it', async () => {
    const seen: unknown[] = [];
    const { url } = await serve(
      {
        hooks: {
          onConnect: (req) => seen.push([req.baseUrl, req.originalUrl, req.url, req.auth]),
        },
      },
      {
        mount: '/:tenant',
        way: 'router',
        prepare: (app) =>
          app.use((req, _res, next) => {
            Object.assign(req, { auth: { clientId: 'ann' } });
            next();
          }),
      },
    );
    await StreamClient.open(`${url.replace(':tenant', 'acme')}/sse?x=1`);
    expect(seen).toEqual([['/acme', '/acme/sse?x=1', '/sse?x=1', { clientId: 'ann' }]]);
  });

  it('works in nested applications', async () => {
    const { url } = await serve(
      { endpoint: 'absolute', security: { allowedHosts: ['mcp.example.com'] } },
      {
        mount: '/inner',
        way: 'router',
        wire: (app, router) => {
          const inner = express();
          inner.use(router);
          app.set('trust proxy', 'loopback').use('/inner', inner);
        },
      },
    );
    // The inner application inherits what the outer one trusts.
    const headers = { 'X-Forwarded-Host': 'mcp.example.com', 'X-Forwarded-Proto': 'https' };
    const client = await StreamClient.open(`${url}/sse`, headers);
    expect(client.endpoint).toMatch('https://mcp.example.com/inner/message?');
  });
});

describe('before(app, mount)', () => {
  async function serveBefore(mount?: string): Promise<{ origin: string; mcp: McpSseRouter }> {
    const mcp = mcpSse();
    const app = express();
    let seen = 0;
    app.use((_req, res, next) => {
      res.setHeader('X-Seen', String((seen += 1)));
      next();
    });
    app.use(mount ?? '/', mcp, mcp.errorHandler);
    app.use(own);
    const server = createServer(mcp.requestListener(app, mount));
    onTestFinished(async () => {
      await mcp.close({ timeoutMs: 200 });
      server.closeAllConnections();
      server.close();
    });
    return { origin: `http://127.0.0.1:${String(await listen(server))}`, mcp };
  }

  it.each([undefined, '', '/', '/api/v1', '/api/v1/'])(
    'serves the two endpoints in front of the application: %j',
    async (mount) => {
      const { origin, mcp } = await serveBefore(mount);
      const base = origin + (mount ?? '').replace(/\/$/, '');
      const client = await StreamClient.open(`${base}/sse`);
      expect(client.headers, 'Express has not seen it').not.toHaveProperty('x-seen');
      expect(client.endpoint).toBe(`${base}/message?sessionId=${client.sessionId}`);
      const posted = await client.post({ jsonrpc: '2.0', id: 1, method: 'ping' });
      expect(posted.status).toBe(202);
      expect(posted.headers).not.toHaveProperty('x-seen');
      expect(await client.nextMessage()).toMatchObject({ result: {} });
      expectStats(mcp, { totals: { opened: 1, messagesIn: 1, messagesOut: 1 } });
    },
  );

  it('passes everything else to the application, untouched', async () => {
    const { origin, mcp } = await serveBefore('/api');
    for (const path of [
      '/',
      '/sse',
      '/message',
      '/api',
      '/api/sse/x',
      '/apisse',
      '/api/messages',
    ]) {
      const { body, headers } = await post(origin + path, {});
      expect(body, path).toBe('{"own":true}');
      expect(headers['x-seen']).toBeDefined();
    }
    expectStats(mcp, { totals: { opened: 0, refused: {} } });
  });

  it('shares its sessions with the router in the application', async () => {
    const { origin, mcp } = await serveBefore('/:tenant');
    // A mount with parameters is beyond `before`: Express serves it.
    const client = await StreamClient.open(`${origin}/acme/sse`);
    expect(client.headers).toHaveProperty('x-seen');
    expect((await client.request('ping')).result).toEqual({});
    expect(mcp.sessions.size).toBe(1);
  });

  it('uses the application\'s "trust proxy", even if it is set later', async () => {
    const security = { allowedHosts: ['mcp.example.com'] };
    const { url, app } = await serve({ security }, { way: 'listener' });
    const headers = {
      Origin: 'https://mcp.example.com',
      'X-Forwarded-Host': 'mcp.example.com',
      'X-Forwarded-Proto': 'https',
    };
    expect((await StreamClient.open(`${url}/sse`, headers)).status).toBe(403);
    app.set('trust proxy', 'loopback');
    expect((await StreamClient.open(`${url}/sse`, headers)).status).toBe(200);
  });
});
