import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  it('needs no configuration if it sends the address that it connects to as Host', async () => {
    const { port } = await serve();
    const proxy = await reverseProxy(port, {
      headers: (req) => ({ ...forwarding(req), host: `127.0.0.1:${String(port)}` }),
    });
    await expectAdmitted(proxy, { Host: PUBLIC });
  });

  it('gets a message with the options that admit its callers if it keeps their Host', async () => {
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
    'is admitted by allowedHosts and "trust proxy" %j, pages of the public name included',
    async (trust) => {
      const { port } = await serveTrusting(trust, { security: { allowedHosts: [PUBLIC] } });
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

  it('is not admitted by "trust proxy" alone: a rebound page could pretend to be a proxy', async () => {
    const { url } = await serveTrusting('loopback');
    const pretended = { 'X-Forwarded-For': CLIENT, 'X-Forwarded-Proto': 'https' };
    for (const name of ['localhost', 'rebound.example.com']) {
      const headers = { ...pretended, 'X-Forwarded-Host': name, Host: 'rebound.example.com' };
      await expectBarred(url, headers, BY_HOSTS);
    }
    const admitted = await serveTrusting('loopback', { security: { allowedHosts: [PUBLIC] } });
    const headers = { ...pretended, 'X-Forwarded-Host': PUBLIC, Host: 'rebound.example.com' };
    await expectBarred(admitted.url, headers, 'Host not allowed');
  });

  it('needs every name that it forwards to be allowed', async () => {
    const { port } = await serveTrusting('loopback', { security: { allowedHosts: [PUBLIC] } });
    const forwards = (names: string): Promise<string> =>
      reverseProxy(port, {
        headers: (req) => ({ ...forwarding(req), host: 'localhost', 'x-forwarded-host': names }),
      });
    await expectAdmitted(await forwards(PUBLIC), {});
    await expectAdmitted(await forwards(`${PUBLIC}, localhost:80`), {});
    // Apache adds the real name behind the one that a page has made up.
    const rebound = await forwards('localhost, rebound.example.com');
    await expectBarred(rebound, {}, 'X-Forwarded-Host not allowed');
    await expectBarred(await forwards('other.example.com'), {}, BY_HOSTS);
  });

  it('needs no configuration if it forwards a name of this machine', async () => {
    const { port } = await serveTrusting('loopback');
    const proxy = await reverseProxy(port, {
      headers: (req) => ({ 'x-forwarded-for': '::1', 'x-forwarded-host': req.headers.host }),
    });
    await expectAdmitted(proxy, { Host: 'localhost:8080' });
    await expectBarred(proxy, { Host: 'rebound.example.com' }, BY_HOSTS);
  });

  it("follows the same rules if it does not send the client's address", async () => {
    const { port } = await serveTrusting('loopback');
    const proxy = await reverseProxy(port);
    await expectBarred(proxy, { Host: PUBLIC }, BY_HOSTS);
  });
});

describe('a reverse proxy on another machine', () => {
  /** As it looks to the guard: the two ends of the connection differ. */
  async function fromElsewhere(trust: unknown, options: McpSseOptions = {}): Promise<string> {
    const { server } = await serveTrusting(trust, options);
    const other = createServer((req, res) => {
      Object.defineProperty(req.socket, 'remoteAddress', { value: '198.51.100.7' });
      server.emit('request', req, res);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => closed(other));
    return `http://127.0.0.1:${String((other.address() as AddressInfo).port)}`;
  }

  it('needs no configuration, whatever names it sends', async () => {
    const url = await fromElsewhere('198.51.100.0/24');
    await expectAdmitted(url, { Host: 'upstream:3000', 'X-Forwarded-Host': PUBLIC });
    await expectAdmitted(url, { Host: PUBLIC, 'X-Forwarded-For': '127.0.0.1' });
  });

  it('is checked by the name that the client requested, if allowedHosts is set', async () => {
    const url = await fromElsewhere('198.51.100.7', { security: { allowedHosts: [PUBLIC] } });
    const named = { Host: 'upstream:3000', 'X-Forwarded-Host': PUBLIC };
    await expectAdmitted(url, named);
    await expectAdmitted(url, { ...named, Origin: `http://${PUBLIC}` });
    await expectAdmitted(url, { Host: PUBLIC });
    await expectBarred(url, { Host: 'upstream:3000' }, BY_HOSTS);
    await expectBarred(url, { ...named, 'X-Forwarded-Host': 'other.example.com' }, BY_HOSTS);
    await expectBarred(url, { Host: 'localhost' }, BY_HOSTS);
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

  it('do not help in a host without that setting', async () => {
    const { url } = await serve({}, { prepare: (app) => app.set('trust proxy fn', undefined) });
    await expectBarred(url, { ...pretended, Host: 'evil.example.com' }, BY_HOSTS);
    await expectAdmitted(url, { ...pretended, Host: 'localhost' });
  });

  it('do not make a connection within this machine count as remote', async () => {
    const { url, mcp } = await serveTrusting(1);
    await expectBarred(url, { 'X-Forwarded-For': `127.0.0.1, ${CLIENT}`, Host: PUBLIC }, BY_HOSTS);
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

  it('every Host is admitted, unless allowedHosts is set', async () => {
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

  it.each([true, 1])(
    '"trust proxy" %j: a client of the proxy on this machine may be a rebound page',
    async (trust) => {
      const served = await serveTrusting(trust);
      const proxy = await overUnixSocket(served, ({ headers }) => ({
        'x-forwarded-for': `${CLIENT}, 127.0.0.1`,
        'x-forwarded-host': headers.host,
        host: 'localhost',
      }));
      await expectAdmitted(proxy, { Host: 'localhost:8080' });
      await expectBarred(proxy, { Host: 'rebound.example.com' }, BY_HOSTS);
    },
  );

  it.each([false, 'loopback'])('"trust proxy" %j does not cover the proxy', async (trust) => {
    const proxy = await overUnixSocket(await serveTrusting(trust), (req) => ({
      ...forwarding(req),
      host: 'unix',
    }));
    await expectBarred(proxy, { Origin: `https://${PUBLIC}` }, BY_ORIGINS);
  });
});
