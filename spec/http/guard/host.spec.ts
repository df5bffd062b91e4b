import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  connect as connect2,
  createServer as createServer2,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { mcpSse } from '../../../lib/index.js';
import { expectAdmitted, expectBarred } from '../../support/admission.js';
import { expectStats } from '../../support/expect-stats.js';
import { RawClient } from '../../support/raw-client.js';
import { closed, serve, type Served } from '../../support/serve.js';

/** Containers often come without it. */
const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((network) => network?.address === '::1');

describe('on a loopback connection', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.1:8080',
    '127.1.2.3',
    'localhost',
    'localhost:3000',
    'LOCALHOST:3000',
    'localhost:',
    'app.localhost:3000',
    '[::1]',
    '[::1]:3000',
    '[::ffff:127.0.0.1]',
  ])('admits the loopback Host %s', async (Host) => {
    const { url } = await serve();
    await expectAdmitted(url, { Host });
  });

  it.each([
    'evil.example.com',
    'evil.example.com:3000',
    'localhost.evil.example.com',
    'notlocalhost',
    '127.0.0.1.evil.example.com:80',
    '127.0.0.1.nip.io',
    '127.0.0.1:80.evil.example.com',
    'localhost:80@evil.example.com',
    'localhost,evil.example.com',
    '0.0.0.0:3000',
    '192.0.2.7',
    '128.0.0.1',
    '[::]',
    '[::2]:80',
    '[::1',
    '::1',
    '.localhost.',
    ' ',
  ])('refuses the Host %j, which DNS rebinding could use', async (Host) => {
    const { url, mcp } = await serve();
    await expectBarred(url, { Host }, 'security.allowedHosts');
    expectStats(mcp, { totals: { opened: 0, refused: { 'host-not-allowed': 3 } } });
  });

  it('refuses a request that names no host', async () => {
    const { port } = await serve();
    const client = await RawClient.send(port, 'GET /sse HTTP/1.0');
    await client.received('security.allowedHosts');
    expect(client.status).toBe(403);
  });

  it('names the option that admits the host, and "trust proxy" for a proxy', async () => {
    const { url } = await serve();
    const line = "mcpSse({ security: { allowedHosts: ['mcp.example.com'] } })";
    await expectBarred(url, { Host: 'mcp.example.com' }, line);
    await expectBarred(url, { Host: 'mcp.example.com' }, '"trust proxy"');
  });

  it.runIf(hasIPv6).each(['::1', '::'])(
    'applies the same rules over IPv6, listening on %s',
    async (address) => {
      const served = await serve();
      const url = await alsoListen(served, address);
      await expectAdmitted(url, {});
      await expectAdmitted(url, { Host: 'localhost:80' });
      await expectBarred(url, { Host: 'evil.example.com' }, 'security.allowedHosts');
    },
  );

  it.runIf(hasIPv6)('recognizes an IPv4 address that is mapped to IPv6', async () => {
    const served = await serve();
    const { port } = new URL(await alsoListen(served, '::'));
    await expectAdmitted(`http://127.0.0.1:${port}`, {});
    const Host = 'evil.example.com';
    await expectBarred(`http://127.0.0.1:${port}`, { Host }, 'security.allowedHosts');
  });
});

describe('allowedHosts', () => {
  it('admits a name with every port, in any case', async () => {
    const { url } = await serve({ security: { allowedHosts: ['mcp.Example.com'] } });
    await expectAdmitted(url, { Host: 'mcp.example.com' });
    await expectAdmitted(url, { Host: 'MCP.example.COM:8443' });
    await expectBarred(url, { Host: 'example.com' }, 'security.allowedHosts');
    await expectBarred(url, { Host: 'x.mcp.example.com' }, 'security.allowedHosts');
    await expectBarred(url, { Host: 'mcp.example.com.' }, 'security.allowedHosts');
  });

  it('admits a name with a port for that port only', async () => {
    const { url } = await serve({
      security: { allowedHosts: ['mcp.example.com:8443', '[fd00::2]'] },
    });
    await expectAdmitted(url, { Host: 'mcp.example.com:8443' });
    await expectAdmitted(url, { Host: '[fd00::2]:80' });
    await expectBarred(url, { Host: 'mcp.example.com' }, 'security.allowedHosts');
    await expectBarred(url, { Host: 'mcp.example.com:443' }, 'security.allowedHosts');
  });

  it('accepts `*.` for one label, with every port or with one', async () => {
    const security = { allowedHosts: ['*.Example.com', '*.example.org:8443'] };
    const { url } = await serve({ security });
    for (const Host of ['a.example.com', 'A.EXAMPLE.com:8443', 'x-1.example.org:8443']) {
      await expectAdmitted(url, { Host });
    }
    for (const Host of [
      'example.com',
      'a.b.example.com',
      'evil-example.com',
      'example.com.evil.com',
      'a.example.com.evil.com',
      '.example.com',
      '*.example.com.',
      'a@b.example.com',
      'evil.com/.example.com',
      'x.example.org',
      'x.example.org:84430',
      'x.example.org:443',
    ]) {
      await expectBarred(url, { Host }, 'security.allowedHosts');
    }
  });

  it.each([[['mcp.example.com']], [[]]])('%j keeps loopback names on loopback', async (hosts) => {
    const { url } = await serve({ security: { allowedHosts: hosts } });
    await expectAdmitted(url, { Host: 'localhost' });
  });

  it("'*' admits every host, and a request without one", async () => {
    const { url, port } = await serve({ security: { allowedHosts: '*' } });
    await expectAdmitted(url, { Host: 'evil.example.com' });
    await expectAdmitted(url, { Host: '0.0.0.0:80' });
    const client = await RawClient.send(port, 'GET /sse HTTP/1.0');
    await client.received('event: endpoint');
  });
});

describe('HTTP/2', () => {
  async function open(authority: string, host?: string): Promise<number> {
    const mcp = mcpSse();
    // Types of node:http and node:http2 differ where neither side looks.
    const listener = mcp.requestListener(express()) as unknown as Parameters<
      typeof createServer2
    >[0];
    const server = createServer2(listener as never);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connect2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(async () => {
      await mcp.close({ timeoutMs: 200 });
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const stream = client.request({
      ':path': '/sse',
      ':authority': authority,
      ...(host !== undefined && { host }),
    });
    const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    stream.close();
    return Number(head[':status']);
  }

  it('names the host by :authority', async () => {
    expect(await open('localhost:3000')).toBe(200);
    expect(await open('rebound.example.com')).toBe(403);
  });

  it('may have a Host, too, which must be allowed as well', async () => {
    expect(await open('rebound.example.com', 'localhost')).toBe(403);
    expect(await open('localhost', 'rebound.example.com')).toBe(403);
    expect(await open('localhost', 'localhost')).toBe(200);
  });
});

/** Serves on another address too. */
async function alsoListen({ server }: Served<unknown>, address: string): Promise<string> {
  const other = createServer((req, res) => server.emit('request', req, res));
  await new Promise<void>((resolve) => other.listen(0, address, resolve));
  onTestFinished(() => closed(other));
  return `http://[::1]:${String((other.address() as AddressInfo).port)}`;
}
