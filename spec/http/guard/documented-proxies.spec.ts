import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, it, onTestFinished } from 'vitest';

import type { McpSseOptions } from '../../../lib/index.js';
import { nginxAround } from '../../proxies/configs.js';
import { isInstalled, ProxyProcess, type ProxyName } from '../../proxies/programs.js';
import { expectAdmitted, expectBarred } from '../../support/admission.js';
import { lastingPort } from '../../support/lasting-port.js';
import { closed, serve, type Served } from '../../support/serve.js';
import { snippets } from '../../support/snippets.js';

// What docs/hosting.md shows, run as it stands but for its ports and addresses.
const PUBLIC = 'mcp.example.com';
const BY_HOSTS = "allowedHosts: ['mcp.example.com']";
const BY_ORIGINS = 'security.allowedOrigins';

/** The blocks of the page in this language, in their order. */
const documented = (language: string): string =>
  snippets()
    .filter((snippet) => snippet.language === language && snippet.place.includes('hosting.md'))
    .map(({ code }) => code)
    .join('\n\n');

/** How each configuration comes to forward from a port of ours to a server of ours. */
const configs: Readonly<Record<ProxyName, (port: number, upstream: string) => string>> = {
  nginx: (port, upstream) =>
    nginxAround(
      `server { listen 127.0.0.1:${port};\n${documented('nginx').replace('http://127.0.0.1:3000', upstream)}\n}`,
    ),
  haproxy: (port, upstream) =>
    `${documented('haproxy')}\n`
      .replace('bind :80', `bind 127.0.0.1:${port}`)
      .replace('127.0.0.1:3000', upstream.replace('http://', '').replace('unix:', 'unix@')),
};

async function behind(name: ProxyName, upstream: string): Promise<string> {
  const port = await lastingPort();
  const proxy = await ProxyProcess.start(name, port, configs[name](port, upstream));
  onTestFinished(() => proxy.stop());
  return `http://127.0.0.1:${port}`;
}

/** The lines of the page: the name that is allowed, and the proxy that is trusted. */
function serveAsDocumented(trust: unknown, options: McpSseOptions): Promise<Served<unknown>> {
  return serve(options, { prepare: (app) => app.set('trust proxy', trust) });
}

const named = { security: { allowedHosts: [PUBLIC] } };

describe.each(['nginx', 'haproxy'] as const)('%s on this machine', (name) => {
  describe.runIf(isInstalled(name))('with the documented configuration', () => {
    it('admits clients and its own pages only', async () => {
      const { port } = await serveAsDocumented('loopback', named);
      const url = await behind(name, `http://127.0.0.1:${port}`);
      for (const Host of [PUBLIC, `${PUBLIC}:8443`, 'localhost']) {
        await expectAdmitted(url, { Host });
        await expectAdmitted(url, { Host, Origin: `http://${Host}` });
      }
      await expectBarred(url, { Host: 'rebound.example.com' }, BY_HOSTS);
      await expectBarred(url, { Host: PUBLIC, Origin: 'https://evil.example.com' }, BY_ORIGINS);
      await expectBarred(url, { Host: PUBLIC, 'Sec-Fetch-Site': 'cross-site' }, BY_ORIGINS);
      // What a rebound page can make up about itself.
      const pretended = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Host': PUBLIC };
      await expectBarred(url, { ...pretended, Host: 'rebound.example.com' }, BY_HOSTS);
    });

    it('names the missing line of configuration', async () => {
      const { port } = await serveAsDocumented('loopback', {});
      const url = await behind(name, `http://127.0.0.1:${port}`);
      await expectBarred(url, { Host: PUBLIC }, BY_HOSTS);
    });

    it('may come over a Unix socket', async () => {
      const served = await serveAsDocumented(1, named);
      const path = join(tmpdir(), `express-mcp-sse-${process.pid}-${Math.random()}`);
      const local = createServer((req, res) => served.server.emit('request', req, res));
      await new Promise<void>((resolve) => local.listen(path, resolve));
      onTestFinished(() => closed(local));
      const url = await behind(name, name === 'nginx' ? `http://unix:${path}` : `unix:${path}`);
      await expectAdmitted(url, { Host: PUBLIC });
      await expectAdmitted(url, { Host: PUBLIC, Origin: `http://${PUBLIC}` });
      await expectBarred(url, { Host: 'rebound.example.com' }, BY_HOSTS);
    });
  });
});
