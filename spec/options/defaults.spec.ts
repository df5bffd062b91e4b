import { expect, it } from 'vitest';

import { mcpSse } from '../../lib/index.js';
import { complete } from '../../lib/options/settings.js';

it('completes nothing at all to settings that are safe to serve with', () => {
  const { security, sessionId, ...settings } = complete({});
  expect(settings).toEqual({
    paths: { sse: '/sse', message: '/message' },
    endpoint: 'relative',
    keepAlive: { intervalMs: 15_000, ping: false, timeoutMs: 15_000 },
    limits: {
      messageBytes: 4 * 1024 * 1024,
      bufferedBytes: 16 * 1024 * 1024,
      stallTimeoutMs: 30_000,
      sessions: 10_000,
      sessionsPerPrincipal: 1_000,
      inFlight: 1_000,
      initializeTimeoutMs: 60_000,
      idleTimeoutMs: false,
      hookTimeoutMs: 10_000,
    },
    resume: {
      windowMs: 60_000,
      maxEvents: 4_096,
      maxBytes: 4 * 1024 * 1024,
      totalBytes: 256 * 1024 * 1024,
      probeTimeoutMs: 5_000,
      retryMs: 1_000,
    },
    hooks: {},
  });
  expect(security).toMatchObject({ allowedOrigins: [] });
  expect(security.allowedHosts).toBeUndefined();
  expect(sessionId).toBeTypeOf('function');
});

it('completes a group of which one member is given', () => {
  const { limits, keepAlive, paths } = complete({
    limits: { sessions: 5 },
    keepAlive: { ping: true },
    paths: { sse: '/events' },
  });
  expect(limits).toMatchObject({ sessions: 5, inFlight: 1_000 });
  expect(keepAlive).toEqual({ intervalMs: 15_000, ping: true, timeoutMs: 15_000 });
  expect(paths).toEqual({ sse: '/events', message: '/message' });
});

it('takes undefined for what is not given', () => {
  const given = { limits: { sessions: undefined }, keepAlive: undefined, endpoint: undefined };
  // As JavaScript would call it: the types do not allow undefined.
  expect(complete(given as unknown as object)).toMatchObject(complete({ hooks: {} }));
});

it('keeps what turns an option off', () => {
  const settings = complete({
    keepAlive: false,
    limits: { initializeTimeoutMs: false, idleTimeoutMs: false },
    security: { allowedHosts: '*', allowedOrigins: '*' },
  });
  expect(settings.keepAlive).toBe(false);
  expect(settings.limits).toMatchObject({ initializeTimeoutMs: false, idleTimeoutMs: false });
  expect(settings.security).toMatchObject({ allowedHosts: '*', allowedOrigins: '*' });
});

it('takes the origins of browser extensions and desktop shells too', () => {
  const allowedOrigins = [
    'https://app.example.com:8443',
    'chrome-extension://abc',
    'tauri://localhost',
  ];
  expect(complete({ security: { allowedOrigins } }).security).toMatchObject({ allowedOrigins });
  for (const none of ['null', 'data:x', 'tauri://localhost/', 'https://a.b:443']) {
    expect(() => complete({ security: { allowedOrigins: [none] } })).toThrow('must be an origin');
  }
});

it('passes functions on as they are', () => {
  const given = {
    handler: () => ({}),
    endpoint: () => '/message',
    sessionId: () => 'id',
    security: { principal: () => 'me' },
    hooks: { onError: () => undefined },
  };
  expect(complete(given)).toMatchObject(given);
});

it('makes session ids of 128 random bits or more, in visible ASCII', () => {
  const { sessionId } = complete({});
  // The default asks nothing of the request.
  const newId = sessionId as unknown as () => string;
  const ids = Array.from({ length: 1_000 }, newId);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^[\w-]{22,}$/);
});

it('is checked when the middleware is made, not when it is used', () => {
  expect(() => mcpSse({ limits: { sessions: 0 } })).toThrow('limits.sessions');
});
