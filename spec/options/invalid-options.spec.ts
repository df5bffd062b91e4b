import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';

import { McpSseError } from '../../lib/index.js';
import { parseOptions } from '../../lib/options/settings.js';

/** What `options` are refused with; as JavaScript would call it, past the types. */
function refusal(options: unknown): string {
  try {
    parseOptions(options as object);
  } catch (error) {
    if (error instanceof McpSseError && error.code === 'invalid-option') return error.message;
    throw error;
  }
  throw new Error('the options were taken');
}

describe('an option that has the wrong value is named', () => {
  it.each([
    [{ handler: {} }, 'handler: must be a function'],
    [{ sessionIdGenerator: 'one' }, 'sessionIdGenerator: must be a function'],
    [{ endpoint: 'rel' }, "endpoint: must be 'auto', 'relative', 'path', 'absolute' or a function"],
    [{ keepAlive: 1_000 }, 'keepAlive: must be an object, true or false'],
    [{ keepAlive: { ping: 1 } }, 'keepAlive.ping: '],
    [{ keepAlive: { intervalMs: '1s' } }, 'keepAlive.intervalMs: '],
    [{ keepAlive: { intervalMs: 0 } }, 'keepAlive.intervalMs: '],
    [{ limits: 5 }, 'limits: '],
    [{ limits: { maxSessions: 0 } }, 'limits.maxSessions: '],
    [{ limits: { maxSessions: 1.5 } }, 'limits.maxSessions: '],
    [{ limits: { maxBodyBytes: '4mb' } }, 'limits.maxBodyBytes: '],
    [{ limits: { maxBufferedBytes: -1 } }, 'limits.maxBufferedBytes: '],
    [{ limits: { writeTimeoutMs: Infinity } }, 'limits.writeTimeoutMs: '],
    [{ limits: { writeTimeoutMs: NaN } }, 'limits.writeTimeoutMs: '],
    [{ limits: { idleTimeoutMs: true } }, 'limits.idleTimeoutMs: must be milliseconds'],
    [{ limits: { initializeTimeoutMs: null } }, 'limits.initializeTimeoutMs: must be milli'],
    [{ paths: { sse: 'sse' } }, 'paths.sse: must be a plain path'],
    [{ paths: { message: '/a?b' } }, 'paths.message: must be a plain path'],
    [{ paths: { message: '/:id' } }, 'paths.message: must be a plain path'],
    [{ paths: { sse: '/mcp', message: '/mcp' } }, 'paths: the two paths must differ'],
    [
      { security: { allowedHosts: 'example.com' } },
      "security.allowedHosts: must be a list, or '*'",
    ],
    [{ security: { allowedHosts: ['*'] } }, 'security.allowedHosts.0: must be a host name'],
    [{ security: { allowedHosts: ['a.b', 'https://a.b'] } }, 'security.allowedHosts.1: must be'],
    [{ security: { allowedOrigins: ['a.b'] } }, 'security.allowedOrigins.0: must be an origin'],
    [{ security: { allowedOrigins: ['https://a.b/'] } }, 'security.allowedOrigins.0: must be an'],
    [{ security: { principal: 'me' } }, 'security.principal: must be a function'],
    [{ usage: 'plain' }, 'usage: must be an object, true or false'],
    [{ usage: { principals: 'none' } }, "usage.principals: must be 'hashed' or 'plain'"],
    [{ streamableHttp: { fetch: () => {} } }, 'streamableHttp: must be middleware that serves'],
    [{ hooks: { onError: true } }, 'hooks.onError: must be a function'],
  ])('%o', (options, message) => {
    expect(refusal(options)).toContain(`mcpSse(): ${message}`);
  });

  it.each([null, 5, 'options', [], () => ({})])('instead of the options: %o', (options) => {
    expect(refusal(options)).toContain('expected object');
  });

  it('each of several', () => {
    const message = refusal({
      limits: { maxSessions: 0, maxConcurrentRequests: 'x', sesions: 1 },
      keepAlive: { ping: 1, pings: true },
      nonsense: 1,
    });
    for (const name of [
      'limits.maxSessions: ',
      'limits.maxConcurrentRequests: ',
      'keepAlive.ping: ',
    ]) {
      expect(message).toContain(name);
    }
    for (const name of ['limits.sesions', 'keepAlive.pings', 'nonsense']) {
      expect(message).toContain(`unknown option ${name}`);
    }
  });
});

describe('what serves the sessions', () => {
  it.each([new McpServer({ name: 'shared', version: '1' }), {}, 'server'])(
    'must be a factory, not a server: the refusal says why, and what to write (%#)',
    (server) => {
      expect(refusal({ server })).toMatch(
        /server: must be a function .* one session only.*server: \(\) => createMcpServer\(\)/,
      );
    },
  );

  it('is either a server or a handler', () => {
    const options = {
      server: () => new McpServer({ name: 'x', version: '1' }),
      handler: () => ({}),
    };
    expect(refusal(options)).toBe('mcpSse(): server and handler exclude each other');
  });
});
