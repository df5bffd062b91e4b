import { expect, it } from 'vitest';

import { newJournal } from '../support/sdk/tools.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { bridged, greet } from './bridged.js';
import { modernServer } from './modern-server.js';
import { serveModern, serveV1 } from './upstreams.js';

/** Twenty headers that a client may send, or that somebody in between may have added. */
const SENT: Record<string, string> = {
  authorization: 'Bearer secret',
  cookie: 'session=secret',
  'proxy-authorization': 'Basic secret',
  'x-api-key': 'secret',
  'x-forwarded-for': '10.0.0.1',
  'x-forwarded-host': 'public.example',
  'x-forwarded-proto': 'https',
  'x-real-ip': '10.0.0.1',
  forwarded: 'for=10.0.0.1',
  via: '1.1 proxy',
  referer: 'http://127.0.0.1/secret',
  'x-request-id': '1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'accept-language': 'de',
  'x-amzn-trace-id': 'Root=1',
  'cf-connecting-ip': '10.0.0.1',
  dpop: 'secret',
  'x-bridge-message': '1',
  'x-bridge-message-authorization': 'Bearer smuggled',
  'x-tenant': 'secret',
};
/** What the transport and `fetch` say of their own. */
const OWN = [
  ...['accept', 'accept-encoding', 'accept-language', 'connection', 'content-length'],
  ...['content-type', 'host', 'mcp-protocol-version', 'mcp-session-id', 'mcp-method', 'mcp-name'],
  ...['sec-fetch-mode', 'user-agent'],
];

it.each(['2025', '2026'])(
  'forwards no header that is not listed, to an upstream of %s',
  async (era) => {
    const upstream =
      era === '2025'
        ? await serveV1(() => v1McpServer(newJournal()))
        : await serveModern(() => modernServer());
    const { client, connect } = await bridged(upstream.url);
    await connect(SENT);
    await greet(client);
    await client.close();
    expect(upstream.requests.length).toBeGreaterThan(2);
    for (const { headers } of upstream.requests) {
      expect(Object.keys(headers).filter((name) => !OWN.includes(name))).toEqual([]);
      expect(JSON.stringify(headers)).not.toMatch(/secret|smuggled|10\.0\.0\.1|"de"/);
    }
  },
);

it.each(['2025', '2026'])(
  'forwards listed headers with every request to an upstream of %s',
  async (era) => {
    const upstream =
      era === '2025'
        ? await serveV1(() => v1McpServer(newJournal()))
        : await serveModern(() => modernServer());
    const options = { forwardHeaders: ['authorization', 'X-Tenant'], headers: { 'x-key': 'own' } };
    const { client, connect, server } = await bridged(upstream.url, options);
    await connect(SENT);
    await greet(client);
    await server.close();
    for (const { headers } of upstream.requests) {
      expect(headers).toMatchObject({
        authorization: 'Bearer secret',
        'x-tenant': 'secret',
        'x-key': 'own',
      });
      const others = Object.keys(headers).filter((name) => !OWN.includes(name));
      expect(others.sort()).toEqual(['authorization', 'x-key', 'x-tenant']);
    }
  },
);
