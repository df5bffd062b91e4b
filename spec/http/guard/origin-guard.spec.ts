import { expect, it } from 'vitest';

import type { Exchange } from '../../../lib/http/exchange.js';
import { OriginGuard } from '../../../lib/http/guard/origin-guard.js';
import { parseOptions } from '../../../lib/options/settings.js';

function exchangeOf(host: string, remoteAddress: string, localAddress = remoteAddress): Exchange {
  const req = { method: 'GET', headers: { host }, socket: { remoteAddress, localAddress } };
  return { req, trusts: () => false } as unknown as Exchange;
}

// Kills: what was said of one connection is believed of the next one.
it('caches a Host only if every connection within this machine may use it', () => {
  const guard = new OriginGuard(
    parseOptions({ handler: () => undefined, security: { allowedHosts: ['mcp.example'] } })
      .security,
  );
  const check =
    (...exchange: Parameters<typeof exchangeOf>) =>
    () => {
      guard.check(exchangeOf(...exchange));
    };
  for (const host of ['localhost:80', '127.0.0.1']) {
    expect(check(host, '127.0.0.1')).not.toThrow();
    expect(check(host, '127.0.0.1')).not.toThrow();
    expect(check(host, '198.51.100.7', '192.0.2.7')).toThrow('allowedHosts');
  }
  expect(check('192.0.2.7', '192.0.2.7')).not.toThrow();
  expect(check('192.0.2.7', '127.0.0.1')).toThrow('allowedHosts');
  expect(check('evil.example', '127.0.0.1')).toThrow('allowedHosts');
});

// Kills: an address that only one of two parsers takes, and a fault of the server for that.
it.each(['[::1%a-b]', '[fe80::1%a.b]', '::1%a-b', '[fe80::1%25eth0]'])(
  'refuses the Host %s without an exception',
  (host) => {
    const guard = new OriginGuard(parseOptions({}).security);
    for (const localAddress of ['::1', 'fe80::1%a-b']) {
      const exchange = exchangeOf(host, localAddress, localAddress);
      expect(() => guard.check(exchange)).toThrow(
        expect.objectContaining({ code: 'host-not-allowed' }),
      );
    }
  },
);
