import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, it, onTestFinished } from 'vitest';

import type { McpSseOptions } from '../../../lib/index.js';
import { expectAdmitted, expectBarred } from '../../support/admission.js';
import { expectStats } from '../../support/expect-stats.js';
import { reverseProxy } from '../../support/reverse-proxy.js';
import { closed, serve, type Served } from '../../support/serve.js';

const PUBLIC = 'mcp.example.com';
const CLIENT = '203.0.113.9';
const BY_HOSTS = 'security.allowedHosts';
const BY_ORIGINS = 'security.allowedOrigins';

/** What careful proxies say about the client, which has connected over TLS. */
const forwarding = ({ headers }: IncomingMessage): OutgoingHttpHeaders => ({
  'x-forwarded-for': [headers['x-forwarded-for'] ?? [], CLIENT].flat().join(', '),
  'x-forwarded-host': PUBLIC,
  'x-forwarded-proto': 'https',
});

function serveTrusting(trust: unknown, options: McpSseOptions = {}): Promise<Served<unknown>> {
  return serve(options, { prepare: (app) => app.set('trust proxy', trust) });
}

describe('a reverse proxy on the same machine', () => {
  it('needs no configuration when it names the server as it connects to it', async () => {
    const { port } = await serve();
    const proxy = await reverseProxy(port, {
      headers: (req) => ({ ...forwarding(req), host: `127.0.0.1:${String(port)}` }),
    });
    await expectAdmitted(proxy, { Host: PUBLIC });
  });

  it('is told which options admit its callers when it keeps their Host', async () => {
    const { port } = await serve();
    const proxy = await reverseProxy(port, { headers: forwarding });
    await expectBarred(proxy, { Host: PUBLIC }, BY_HOSTS);
    await expectBarred(proxy, { Host: PUBLIC }, '"trust proxy"');
  });

  it('is admitted by allowedHosts', async () => {
    const { port } = await serve({ security: { allowedHosts: [PUBLIC] } });
    const proxy = await reverseProxy(port, { headers: forwarding });
    await expectAdmitted(proxy, { Host: PUBLIC });
    await expectAdmitted(proxy, { Host: PUBLIC, Origin: `https://${PUBLIC}` });
  });

  it.each([true, 1, 'loopback', ['127.0.0.1'], (address: string) => address === '127.0.0.1'])(
    'is admitted by "trust proxy" %j, pages of the public name included',
    async (trust) => {
      const { port } = await serveTrusting(trust);
      const keeping = await reverseProxy(port, { headers: forwarding });
      await expectAdmitted(keeping, { Host: PUBLIC });
      await expectAdmitted(keeping, { Host: PUBLIC, Origin: `https://${PUBLIC}` });
      const renaming = await reverseProxy(port, {
        headers: (req) => ({ ...forwarding(req), host: 'localhost:80' }),
      });
      await expectAdmitted(renaming, { Host: PUBLIC, Origin: `https://${PUBLIC}` });
      await expectBarred(renaming, { Host: PUBLIC, Origin: `http://${PUBLIC}` }, BY_ORIGINS);
      await expectBarred(renaming, { Host: PUBLIC, Origin: 'https://localhost' }, BY_ORIGINS);
    },
  );

  it('gets the rules of loopback for a client of this machine', async () => {
    const { port } = await serveTrusting('loopback');
    const proxy = await reverseProxy(port, {
      headers: (req) => ({ 'x-forwarded-for': '::1', 'x-forwarded-host': req.headers.host }),
    });
    await expectAdmitted(proxy, { Host: 'localhost:8080' });
    await expectBarred(proxy, { Host: 'rebound.example.com' }, BY_HOSTS);
  });

  it('gets the rules of loopback when it does not say who the client is', async () => {
    const { port } = await serveTrusting('loopback');
    const proxy = await reverseProxy(port);
    await expectBarred(proxy, { Host: PUBLIC }, BY_HOSTS);
  });

  it('must keep to allowedHosts as well, by the name that it forwards', async () => {
    const { port } = await serveTrusting('loopback', { security: { allowedHosts: [PUBLIC] } });
    const honest = await reverseProxy(port, { headers: forwarding });
    await expectAdmitted(honest, { Host: 'whatever' });
    const other = await reverseProxy(port, {
      headers: (req) => ({ ...forwarding(req), 'x-forwarded-host': 'other.example.com' }),
    });
    await expectBarred(other, { Host: PUBLIC }, BY_HOSTS);
  });
});

describe('X-Forwarded-* of a peer that is not trusted', () => {
  const pretended = {
    'X-Forwarded-For': CLIENT,
    'X-Forwarded-Host': 'localhost',
    'X-Forwarded-Proto': 'https',
  };

  it.each([false, 0, '10.0.0.0/8', ['192.0.2.1'], () => false])(
    'do not help a rebound page: "trust proxy" %j',
    async (trust) => {
      const { url } = await serveTrusting(trust);
      await expectBarred(url, { ...pretended, Host: 'evil.example.com' }, BY_HOSTS);
      const forwarded = { ...pretended, 'X-Forwarded-Host': 'evil.example.com' };
      const Origin = 'http://evil.example.com';
      await expectBarred(url, { ...forwarded, Host: 'localhost', Origin }, BY_ORIGINS);
      await expectAdmitted(url, { ...forwarded, Host: 'localhost' });
    },
  );

  it('do not help in an application that has no such setting', async () => {
    const { url } = await serve({}, { prepare: (app) => app.set('trust proxy fn', undefined) });
    await expectBarred(url, { ...pretended, Host: 'evil.example.com' }, BY_HOSTS);
    await expectAdmitted(url, { ...pretended, Host: 'localhost' });
  });

  it('count no further than the chain of trust: what is in front of it is hearsay', async () => {
    // The proxy is trusted, the client behind it is not: it may not claim to be on loopback,
    // nor to be somebody else.
    const { url, mcp } = await serveTrusting(1);
    await expectAdmitted(url, { 'X-Forwarded-For': `127.0.0.1, ${CLIENT}`, Host: PUBLIC });
    await expectBarred(url, { 'X-Forwarded-For': `${CLIENT}, 127.0.0.1`, Host: PUBLIC }, BY_HOSTS);
    expectStats(mcp, { totals: { errors: {} } });
  });
});

describe('over a Unix socket', () => {
  async function overUnixSocket({ server }: Served<unknown>, rules = forwarding): Promise<string> {
    const path = join(tmpdir(), `express-mcp-sse-${String(process.pid)}-${String(Math.random())}`);
    const local = createServer((req, res) => server.emit('request', req, res));
    await new Promise<void>((resolve) => local.listen(path, resolve));
    onTestFinished(() => closed(local));
    return reverseProxy(0, { socketPath: path, headers: rules });
  }

  it('every Host is admitted, unless allowedHosts names some', async () => {
    await expectAdmitted(await overUnixSocket(await serve()), { Host: PUBLIC });
    const choosy = await serve({ security: { allowedHosts: [PUBLIC] } });
    const proxy = await overUnixSocket(choosy);
    await expectAdmitted(proxy, { Host: PUBLIC });
    await expectBarred(proxy, { Host: 'localhost' }, BY_HOSTS);
  });

  it.each([true, 1])('"trust proxy" %j covers the proxy, which has no address', async (trust) => {
    const proxy = await overUnixSocket(await serveTrusting(trust), (req) => ({
      ...forwarding(req),
      host: 'unix',
    }));
    await expectAdmitted(proxy, { Origin: `https://${PUBLIC}` });
    await expectBarred(proxy, { Origin: 'https://unix' }, BY_ORIGINS);
  });

  it.each([false, 'loopback'])('"trust proxy" %j does not', async (trust) => {
    const proxy = await overUnixSocket(await serveTrusting(trust), (req) => ({
      ...forwarding(req),
      host: 'unix',
    }));
    await expectBarred(proxy, { Origin: `https://${PUBLIC}` }, BY_ORIGINS);
  });
});
