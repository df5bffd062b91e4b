import { expect, it } from 'vitest';

import { isLoopbackAddress, isLoopbackName, isRecord, shortId } from '../../lib/util/guards.js';

it('accepts objects with named members as records, whatever else they do', () => {
  const throwing = new Proxy({}, { get: () => expect.fail('a trap was called') });
  expect([{}, Object.create(null), new Date(), throwing].map(isRecord)).not.toContain(false);
});

it('accepts nothing else as a record, and does not throw for a revoked proxy', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const others = [null, undefined, 1, 'text', Symbol('s'), () => undefined, [], proxy];
  expect(others.map(isRecord)).not.toContain(true);
});

it.each(['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'])(
  '%s is a loopback address',
  (address) => {
    expect(isLoopbackAddress(address)).toBe(true);
  },
);

it.each([
  ...['128.0.0.1', '10.0.0.1', '0.0.0.0', '::', '::2', '::ffff:10.0.0.1', 'localhost', ''],
  // `isIP` takes these zones, and ipaddr.js does not.
  ...['::1%a-b', 'fe80::1%a.b'],
])('%j is no loopback address', (address) => {
  expect(isLoopbackAddress(address)).toBe(false);
});

it.each(['localhost', 'a.localhost', '127.0.0.1', '[::1]'])('%s is a loopback name', (name) => {
  expect(isLoopbackName(name)).toBe(true);
});

it.each(['', 'local', 'xlocalhost', 'localhost.com', '[::1', '127.0.0.1.com', '[example.com]'])(
  '%j is no loopback name',
  (name) => {
    expect(isLoopbackName(name)).toBe(false);
  },
);

it('shortens a session id to six characters, without the name of its node', () => {
  expect(shortId('node.abcdefghij')).toBe('abcdef');
  expect(shortId('abcdefghij')).toBe('abcdef');
  expect(shortId('abc')).toBe('abc');
});
