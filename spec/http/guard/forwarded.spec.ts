import { createServer } from 'node:http';

import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { forwardedOf, hostOf, nameOf } from '../../../lib/http/guard/forwarded.js';
import type { Exchange, TrustProxy } from '../../../lib/http/exchange.js';
import { closed, listen } from '../../support/serve.js';
import { fetchText } from '../../support/stream-client.js';

function exchange(
  remoteAddress: string | undefined,
  headers: Record<string, string>,
  trusts: TrustProxy,
  socket: object = {},
): Exchange {
  return { req: { headers, socket: { remoteAddress, ...socket } }, trusts } as unknown as Exchange;
}

const trusting =
  (...addresses: string[]): TrustProxy =>
  (address) =>
    addresses.includes(address);
const nobody = trusting();

describe('forwardedOf', () => {
  const forwarded = {
    host: 'Inner:80',
    'x-forwarded-for': '198.51.100.1, 192.0.2.1',
    'x-forwarded-host': 'Outer.example.com:8443, inner',
    'x-forwarded-proto': 'https, http',
    'x-forwarded-prefix': '/api//v1/',
  };

  it('is that of the connection if the peer is not trusted', () => {
    expect(forwardedOf(exchange('10.0.0.1', forwarded, nobody))).toEqual({
      client: '10.0.0.1',
      host: 'inner:80',
      scheme: 'http',
      prefix: '',
    });
  });

  it('is that of the client if the peer is trusted', () => {
    expect(forwardedOf(exchange('10.0.0.1', forwarded, trusting('10.0.0.1')))).toEqual({
      client: '192.0.2.1',
      host: 'outer.example.com:8443',
      scheme: 'https',
      prefix: '/api/v1',
    });
  });

  it('follows the chain of proxies as far as it is trusted', () => {
    const chain = { 'x-forwarded-for': 'made up, 203.0.113.1,192.0.2.1 , 10.0.0.2' };
    const client = (...addresses: string[]): string | undefined =>
      forwardedOf(exchange('10.0.0.1', chain, trusting(...addresses))).client;
    expect(client()).toBe('10.0.0.1');
    expect(client('10.0.0.2'), 'not the peer: nothing counts').toBe('10.0.0.1');
    expect(client('10.0.0.1')).toBe('10.0.0.2');
    expect(client('10.0.0.1', '10.0.0.2')).toBe('192.0.2.1');
    expect(client('10.0.0.1', '192.0.2.1'), 'no link is left out').toBe('10.0.0.2');
    expect(client('10.0.0.1', '10.0.0.2', '192.0.2.1', '203.0.113.1')).toBe('made up');
  });

  it('uses the connection for values that a trusted peer does not send', () => {
    const all: TrustProxy = () => true;
    expect(forwardedOf(exchange('10.0.0.1', { host: 'a' }, all, { encrypted: true }))).toEqual({
      client: '10.0.0.1',
      host: 'a',
      scheme: 'https',
      prefix: '',
    });
    expect(forwardedOf(exchange(undefined, {}, all))).toMatchObject({
      client: undefined,
      host: undefined,
    });
  });

  it('accepts no scheme but http and https', () => {
    const headers = { 'x-forwarded-proto': 'javascript' };
    expect(forwardedOf(exchange('::1', headers, trusting('::1'))).scheme).toBe('http');
  });

  it.each([false, true, 1, 2, 'loopback', 'loopback, 198.51.100.0/24', ['203.0.113.5']])(
    'agrees with Express about "trust proxy" %j',
    async (trust) => {
      const app = express();
      app.set('trust proxy', trust);
      app.use((req, res) => {
        const ours = forwardedOf({
          ...{ req, res, trusts: app.get('trust proxy fn') as TrustProxy },
          expressRequest: () => req,
          expressResponse: () => res,
        });
        const { client, scheme, host = '' } = ours;
        res.json([
          [client, scheme, nameOf(host)],
          [req.ip, req.protocol, req.hostname],
        ]);
      });
      const server = createServer(app);
      onTestFinished(() => closed(server));
      const url = `http://127.0.0.1:${String(await listen(server))}/`;
      for (const chain of ['', '198.51.100.7', '127.0.0.1', '203.0.113.5, 198.51.100.7, ::1']) {
        const { body } = await fetchText(url, {
          headers: {
            Host: 'inner.example.com:80',
            'X-Forwarded-For': chain,
            'X-Forwarded-Host': 'outer.example.com:8080',
            'X-Forwarded-Proto': 'https',
          },
        });
        const [ours, theirs] = JSON.parse(body) as [unknown[], unknown[]];
        expect(ours, `X-Forwarded-For: ${chain}`).toEqual(theirs);
      }
    },
  );
});

it.each([
  ['example.com', 'example.com'],
  ['example.com:80', 'example.com'],
  ['example.com:', 'example.com'],
  ['[::1]', '[::1]'],
  ['[::1]:80', '[::1]'],
  ['a:b', 'a:b'],
  ['', ''],
])('the name of %j is %j', (host, name) => {
  expect(nameOf(host)).toBe(name);
});

it('uses :authority as the Host, as in HTTP/2', () => {
  const named = (headers: Record<string, string>) => hostOf(exchange('::1', headers, nobody));
  expect(named({ ':authority': 'A.example.com:8443' })).toBe('a.example.com:8443');
  expect(named({ ':authority': 'a.example.com', host: 'b.example.com' })).toBe('a.example.com');
  expect(named({})).toBeUndefined();
});
