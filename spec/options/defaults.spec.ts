import { getHeapStatistics } from 'node:v8';

import { expect, it } from 'vitest';

import { mcpSse } from '../../lib/index.js';
import { parseOptions } from '../../lib/options/settings.js';

it('completes no options to safe settings', () => {
  const { security, sessionIdGenerator, ...settings } = parseOptions({});
  expect(settings).toEqual({
    paths: { sse: '/sse', message: '/message' },
    endpoint: 'auto',
    endpointQuery: [],
    keepAlive: { intervalMs: 15_000, ping: false, timeoutMs: 15_000 },
    limits: {
      maxBodyBytes: 4 * 1024 * 1024,
      maxBatch: 256,
      maxBufferedBytes: 16 * 1024 * 1024,
      writeTimeoutMs: 30_000,
      maxTotalBytes: Math.floor(getHeapStatistics().heap_size_limit / 4),
      maxSessions: 10_000,
      maxSessionsPerPrincipal: 1_000,
      maxConcurrentRequests: 1_000,
      initializeTimeoutMs: 60_000,
      idleTimeoutMs: false,
      hookTimeoutMs: 10_000,
    },
    resume: {
      windowMs: 60_000,
      closedWindowMs: false,
      maxEvents: 4_096,
      maxBytes: 4 * 1024 * 1024,
      anonymous: 'same-address',
      probeTimeoutMs: 5_000,
      retryMs: 1_000,
      trackCalls: true,
      rerun: false,
    },
    usage: { principals: 'hashed' },
    hooks: {},
  });
  expect(security).toMatchObject({ allowedOrigins: [] });
  expect(security.allowedHosts).toBeUndefined();
  expect(sessionIdGenerator).toBeTypeOf('function');
});

it('completes a group with one given member', () => {
  const { limits, keepAlive, paths } = parseOptions({
    limits: { maxSessions: 5 },
    keepAlive: { ping: true },
    paths: { sse: '/events' },
  });
  expect(limits).toMatchObject({ maxSessions: 5, maxConcurrentRequests: 1_000 });
  expect(keepAlive).toEqual({ intervalMs: 15_000, ping: true, timeoutMs: 15_000 });
  expect(paths).toEqual({ sse: '/events', message: '/message' });
});

it('treats undefined as not given', () => {
  const given = { limits: { maxSessions: undefined }, keepAlive: undefined, endpoint: undefined };
  // As JavaScript would call it: the types do not allow undefined.
  expect(parseOptions(given as unknown as object)).toMatchObject(parseOptions({ hooks: {} }));
});

it('keeps values that turn an option off', () => {
  const settings = parseOptions({
    keepAlive: false,
    limits: { initializeTimeoutMs: false, idleTimeoutMs: false },
    security: { allowedHosts: '*', allowedOrigins: '*' },
  });
  expect(settings.keepAlive).toBe(false);
  expect(settings.limits).toMatchObject({ initializeTimeoutMs: false, idleTimeoutMs: false });
  expect(settings.security).toMatchObject({ allowedHosts: '*', allowedOrigins: '*' });
});

it('accepts origins with a star for a label, and of browser extensions and desktop shells', () => {
  const allowedOrigins = [
    'https://app.example.com:8443',
    'chrome-extension://abc',
    'tauri://localhost',
    'https://*.example.com',
    'HTTP://*.localhost:5173',
    'null',
  ];
  expect(parseOptions({ security: { allowedOrigins } }).security).toMatchObject({ allowedOrigins });
  for (const none of [
    'data:x',
    'tauri://localhost/',
    'https://a.b:443',
    'https://*.a.b:443',
    'https://*.',
    'https://*',
    'https://*a.b',
    'https://a.*.b',
    'https://*.*.b',
    '*.a.b',
    '*',
    'null/',
  ]) {
    expect(() => parseOptions({ security: { allowedOrigins: [none] } })).toThrow(
      'must be an origin',
    );
  }
});

it('passes functions on as they are', () => {
  const given = {
    handler: () => ({}),
    endpoint: () => '/message',
    sessionIdGenerator: () => 'id',
    security: { principal: () => 'me' },
    hooks: { onError: () => undefined },
  };
  expect(parseOptions(given)).toMatchObject(given);
});

it('makes session ids of 128 random bits or more, in visible ASCII', () => {
  const { sessionIdGenerator } = parseOptions({});
  // The default asks nothing of the request.
  const newId = sessionIdGenerator as unknown as () => string;
  const ids = Array.from({ length: 1_000 }, newId);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^[\w-]{22,}$/);
});

it('checks options when the middleware is made, not when it is used', () => {
  expect(() => mcpSse({ limits: { maxSessions: 0 } })).toThrow('limits.maxSessions');
});

it('accepts host names with a star for their first label', () => {
  const allowedHosts = ['*.example.com', '*.Example.com:8443', 'a.b', '[fd00::2]:80'];
  expect(parseOptions({ security: { allowedHosts } }).security).toMatchObject({ allowedHosts });
  for (const none of ['*', '*.', '*a.b', 'a.*.b', '*.*.b', '**.b', 'a.b*', 'a b']) {
    expect(() => parseOptions({ security: { allowedHosts: [none] } }), none).toThrow(
      'must be a host name',
    );
  }
});
