import { describe, expect, it } from 'vitest';

import { expectAdmitted, expectBarred } from '../../support/admission.js';
import { expectStats } from '../../support/expect-stats.js';
import { RawClient } from '../../support/raw-client.js';
import { expectRefusal, type Answer } from '../../support/refusal.js';
import { serve } from '../../support/serve.js';
import { fetchText, post, StreamClient } from '../../support/stream-client.js';

const APP = 'https://app.example.com';
const anyHost = { allowedHosts: '*' } as const;

/** The CORS headers of an answer, and what it says to caches. */
function corsOf({ headers }: Pick<Answer, 'headers'>): Record<string, unknown> {
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.filter(([name]) => /^access-control-|^vary$/.test(name)));
}

describe('a page of the server itself', () => {
  it.each([
    ['http://localhost:3000', 'localhost:3000'],
    ['http://localhost', 'localhost'],
    ['http://localhost', 'localhost:80'],
    ['http://mcp.example.com', 'MCP.example.com'],
    ['http://[::1]:3000', '[::1]:3000'],
    // TLS may end at a proxy that tells nothing of it.
    ['https://mcp.example.com', 'mcp.example.com'],
    ['https://mcp.example.com', 'mcp.example.com:443'],
    ['https://mcp.example.com:8443', 'mcp.example.com:8443'],
  ])('is admitted without CORS: %s at Host %s', async (Origin, Host) => {
    const { url } = await serve({ security: anyHost });
    await expectAdmitted(url, { Origin, Host });
    const client = await StreamClient.open(`${url}/sse`, { Origin, Host });
    expect(corsOf(client)).toEqual({});
  });

  it.each([
    ['http://localhost:3000', 'localhost:4000'],
    ['http://localhost:3000', 'localhost'],
    ['http://localhost', '127.0.0.1'],
    ['https://mcp.example.com', 'mcp.example.com:80'],
    ['https://evil.example.com', 'mcp.example.com'],
    ['https://mcp.example.com.evil.example.com', 'mcp.example.com'],
    ['https://mcp.example.com@evil.example.com', 'mcp.example.com'],
    ['ftp://mcp.example.com', 'mcp.example.com'],
    ['file://mcp.example.com', 'mcp.example.com'],
    ['chrome-extension://abc', 'abc'],
    ['null', 'mcp.example.com'],
    ['null', 'null'],
    ['mcp.example.com', 'mcp.example.com'],
    ['*', 'mcp.example.com'],
    ['', 'mcp.example.com'],
    ['https://', 'mcp.example.com'],
  ])('is not a page of %j at Host %s', async (Origin, Host) => {
    const { url, mcp } = await serve({ security: anyHost });
    await expectBarred(url, { Origin, Host }, 'security.allowedOrigins');
    expectStats(mcp, { totals: { opened: 0, refused: { 'origin-not-allowed': 3 } } });
  });
});

describe('allowedOrigins', () => {
  const security = { allowedOrigins: [APP, 'http://localhost:5173'] };
  const granted = {
    'access-control-allow-origin': APP,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After,WWW-Authenticate',
    vary: 'Origin',
  };

  it('admits pages of listed origins, each with its own CORS headers', async () => {
    const { url } = await serve({ security });
    const client = await StreamClient.open(`${url}/sse`, { Origin: APP });
    expect(corsOf(client)).toEqual(granted);
    const message = { jsonrpc: '2.0', method: 'note' };
    expect(corsOf(await client.post(message))).toEqual(granted);

    await expectAdmitted(url, { Origin: 'http://localhost:5173' });
    await expectBarred(url, { Origin: 'http://localhost:5174' }, 'security.allowedOrigins');
    await expectBarred(url, { Origin: 'http://app.example.com' }, 'security.allowedOrigins');
    await expectBarred(url, { Origin: `${APP}:8443` }, 'security.allowedOrigins');
    await expectBarred(url, { Origin: `${APP}, ${APP}` }, 'security.allowedOrigins');
    await expectBarred(url, { Origin: 'null' }, 'security.allowedOrigins');
  });

  it('lets these pages read refusals, too', async () => {
    const { url } = await serve({ security });
    const headers = { Origin: APP };
    const missing = await post(`${url}/message?sessionId=x`, {}, headers);
    expectRefusal(missing, 404, -32001);
    expect(corsOf(missing)).toEqual(granted);
    const wrong = await fetchText(`${url}/sse`, { method: 'PUT', headers });
    expectRefusal(wrong, 405, -32601);
    expect(corsOf(wrong)).toEqual(granted);
  });

  it.each([
    ['/sse', 'GET'],
    ['/message?sessionId=x', 'POST'],
  ])('answers the preflight for %s, and allows any header', async (path, method) => {
    const { url, mcp } = await serve({ security });
    const wanted = 'authorization,content-type,last-event-id,mcp-protocol-version,x-tenant';
    const answer = await fetchText(url + path, {
      method: 'OPTIONS',
      headers: {
        Origin: APP,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': wanted,
      },
    });
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect(corsOf(answer)).toEqual({
      ...granted,
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': wanted,
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Headers',
    });
    expectStats(mcp, { totals: { opened: 0, refused: {}, errors: {} } });
  });

  it('answers a preflight once, and keeps its connection usable', async () => {
    const { port } = await serve({ security });
    const preflight = ['OPTIONS /sse HTTP/1.1', 'Host: localhost', `Origin: ${APP}`] as const;
    const page = await RawClient.send(port, ...preflight);
    await page.received('204 No Content');
    page.send('GET /sse HTTP/1.1', 'Host: localhost', `Origin: ${APP}`);
    await page.received('event: endpoint');
  });

  it('accepts `*.` for one label, in any case, with the listed port', async () => {
    const allowedOrigins = ['https://*.Example.com', 'http://*.localhost:5173'];
    const { url } = await serve({ security: { allowedOrigins } });
    for (const Origin of [
      'https://app.example.com',
      'HTTPS://APP.example.COM',
      'https://xn--caf-dma.example.com',
      'http://a_b-1.localhost:5173',
    ]) {
      const client = await StreamClient.open(`${url}/sse`, { Origin });
      expect(corsOf(client)).toMatchObject({ 'access-control-allow-origin': Origin });
    }
    for (const Origin of [
      'https://example.com',
      'https://a.b.example.com',
      'https://evil-example.com',
      'https://example.com.evil.com',
      'https://app.example.com.evil.com',
      'https://app.example.com:8443',
      'https://app.example.com:443',
      'http://app.example.com',
      'https://.example.com',
      'https://evil.com/.example.com',
      'https://evil.com?.example.com',
      'https://evil.com#.example.com',
      'https://evil.com:80.example.com',
      'https://evil.com\\.example.com',
      'https://user@app.example.com',
      'https://%2e.example.com',
      'https://*.example.com',
      'http://app.localhost',
    ]) {
      await expectBarred(url, { Origin }, 'security.allowedOrigins');
    }
  });

  it("'null' admits the Origin null and no other", async () => {
    const { url } = await serve({ security: { allowedOrigins: ['null'] } });
    const client = await StreamClient.open(`${url}/sse`, { Origin: 'null' });
    expect(corsOf(client)).toMatchObject({ 'access-control-allow-origin': 'null' });
    await expectBarred(url, { Origin: 'https://null' }, 'security.allowedOrigins');
    await expectBarred(url, { Origin: '' }, 'security.allowedOrigins');
  });

  it("'*' admits every page, without credentials", async () => {
    const { url } = await serve({ security: { allowedOrigins: '*' } });
    for (const Origin of [APP, 'null', 'http://evil.example.com']) {
      const client = await StreamClient.open(`${url}/sse`, { Origin });
      expect(corsOf(client)).toMatchObject({ 'access-control-allow-origin': '*' });
      expect(corsOf(client)).not.toHaveProperty('access-control-allow-credentials');
      expect((await client.request('ping')).result).toEqual({});
    }
    const preflight = await fetchText(`${url}/message`, {
      method: 'OPTIONS',
      headers: { Origin: APP, 'Access-Control-Request-Method': 'POST' },
    });
    expect(corsOf(preflight)).toMatchObject({ 'access-control-allow-origin': '*' });
    expect(corsOf(preflight)).not.toHaveProperty('access-control-allow-credentials');
  });

  it('do not admit the Host: both must be allowed', async () => {
    const { url } = await serve({ security });
    const headers = { Host: 'evil.example.com', Origin: APP };
    await expectBarred(url, headers, 'security.allowedHosts');
  });
});
