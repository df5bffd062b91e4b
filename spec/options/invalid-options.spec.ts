import { createServer as createHttpServer } from 'node:http';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { describe, expect, it } from 'vitest';

import { localAdapter } from '../../lib/adapter/index.js';
import { mcpSse, McpSseError } from '../../lib/index.js';
import { parseOptions } from '../../lib/options/settings.js';
import { redisAdapter } from '../../lib/redis/index.js';

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

describe('an option with a wrong value is named', () => {
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
      "security.allowedHosts: must be an array, or '*'",
    ],
    [{ security: { allowedHosts: ['*'] } }, 'security.allowedHosts.0: must be a host name'],
    [{ security: { allowedHosts: ['a.b', 'https://a.b'] } }, 'security.allowedHosts.1: must be'],
    [{ security: { allowedOrigins: ['a.b'] } }, 'security.allowedOrigins.0: must be an origin'],
    [{ security: { allowedOrigins: ['https://a.b/'] } }, 'security.allowedOrigins.0: must be an'],
    [{ security: { principal: 'me' } }, 'security.principal: must be a function'],
    [{ usage: 'plain' }, 'usage: must be an object, true or false'],
    [{ usage: { principals: 'none' } }, "usage.principals: must be 'hashed' or 'plain'"],
    [{ events: { publish: () => {} } }, 'events.bus: must have subscribe()'],
    [{ streamableHttp: { fetch: () => {} } }, 'streamableHttp: must be middleware that serves'],
    [{ hooks: { onError: true } }, 'hooks.onError: must be a function'],
  ])('%o', (options, message) => {
    expect(refusal(options)).toContain(`mcpSse(): ${message}`);
  });

  it('each of several wrong options', () => {
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

const createServer = (): McpServer => new McpServer({ name: 'x', version: '1' });
const broken = (): never => {
  throw new Error('unreadable');
};
class Weather {
  connect(): void {}
}

const anonymous = (() => class extends Weather {})();

describe('one line says what was passed, and what to write instead', () => {
  it.each<[unknown, RegExp]>([
    [null, /an object; they are null: write mcpSse\(\)/],
    [5, /they are 5: write mcpSse\(\)/],
    ['options', /they are 'options': write/],
    [[], /they are an array: write/],
    [createServer, /they are a function: write mcpSse\(\{ server: fn \}\).*handler: fn/],
    [async () => ({}), /they are a function: write mcpSse\(\{ server: fn \}\)/],
    [McpServer, /they are the class McpServer: write mcpSse\(\{ server: \(\) => new McpServer/],
    [anonymous, /new MyServer/],
    [createServer(), /an MCP server, and each session needs one of its own.*server: \(\) =>/],
    [createServer().server, /an MCP server, and each session needs one/],
    [express(), /an application or a router.*app\.use\(mcpSse\(/],
    [express.Router(), /an application or a router/],
    [mcpSse(), /an application or a router/],
    [createHttpServer(), /an HTTP server: write app\.use/],
    [localAdapter(), /an adapter: write mcpSse\(\{ adapter \}\)/],
    [Promise.resolve({}), /a promise: await it first/],
    [new Map(), /a plain object; they are an instance of Map/],
    [new Weather(), /a plain object; they are an instance of Weather/],
  ])('for all options: %s', (options, line) => {
    const message = refusal(options);
    expect(message).toMatch(line);
    expect(message).not.toMatch(/\n|_\w/);
  });

  it.each<[object, RegExp]>([
    [{ limits: { writeTimeoutMs: '30s' } }, /milliseconds, 1 or more; it is '30s': write 30000,/],
    [{ limits: { writeTimeoutMs: '1.5 min' } }, /write 90000,/],
    [{ limits: { writeTimeoutMs: '30000' } }, /it is '30000': write 30000,/],
    [{ limits: { writeTimeoutMs: 'soon' } }, /it is 'soon'$/],
    [{ limits: { writeTimeoutMs: Infinity } }, /is Infinity: it cannot be turned off: a large/],
    [{ limits: { writeTimeoutMs: NaN } }, /is NaN: is the variable .* set\?/],
    [{ limits: { writeTimeoutMs: -5 } }, /1 or more; it is -5$/],
    [{ limits: { writeTimeoutMs: null } }, /is null: leave it out/],
    [{ limits: { writeTimeoutMs: true } }, /is true: leave it out/],
    [{ limits: { writeTimeoutMs: 5n } }, /is a bigint: write it without the n/],
    [{ limits: { writeTimeoutMs: Promise.resolve(1) } }, /is a promise: await it first/],
    [{ limits: { idleTimeoutMs: Infinity } }, /1 or more, or false; .* false turns it off/],
    [{ limits: { idleTimeoutMs: -1 } }, /1 or more, or false; .* false turns it off/],
    [{ limits: { idleTimeoutMs: '5m' } }, /1 or more, or false; it is '5m': write 300000,/],
    [{ limits: { maxBodyBytes: '4mb' } }, /a whole number of bytes.*'4mb': write 4194304,/],
    [{ limits: { maxBodyBytes: '1 GiB' } }, /write 1073741824,/],
    [{ limits: { maxSessions: '10' } }, /a whole number, 1 or more; it is '10': write 10,/],
    [{ limits: { maxSessions: 1.5 } }, /a whole number, 1 or more; it is 1\.5$/],
    [{ limits: new Map() }, /limits: must be a plain object; it is an instance of Map/],
    [{ limits: null }, /limits: must be an object, such as .*; it is null: leave it out/],
    [{ hooks: createServer }, /hooks: must be an object, such as .*onConnect.*; it is a function/],
    [{ hooks: { onError: Promise.resolve() } }, /it is a promise: await it first/],
    [{ keepAlive: 15_000 }, /is 15000: write keepAlive: \{ intervalMs: 15000 \}/],
    [{ paths: '/mcp' }, /paths: must be an object, such as \{ sse: … \}; it is '\/mcp'/],
    [{ handler: Weather }, /handler: must be a function; it is the class Weather/],
    [{ server: McpServer }, /is the class McpServer: write server: \(\) => new McpServer/],
    [{ server: Promise.resolve() }, /is a promise: the function may be async, server: \(\) =>/],
    [{ adapter: redisAdapter }, /is a function: call it/],
    [{ adapter: Promise.resolve() }, /is a promise: await it first/],
    [{ adapter: { publish: () => 0 } }, /is a client: write adapter: redisAdapter\(client\)/],
    [{ adapter: { leave: () => 0 } }, /has been joined already/],
    [{ adapter: 'redis://:secret@host' }, /such as redisAdapter\(client\); it is a string$/],
    [{ e: 1 }, /unknown option e$/],
    [Object.fromEntries(Array.from('abcdefghijkl').map((name) => [name, 1])), /; and 4 more$/],
  ])('for one of them: %o', (options, line) => {
    expect(refusal(options)).toMatch(line);
  });

  it('for options that cannot be read', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const getter = Object.defineProperty({}, 'server', { get: broken, enumerable: true });
    for (const options of [proxy, getter])
      expect(refusal(options)).toMatch(/must be an object|options cannot be read/);
  });
});

describe('the server of the sessions', () => {
  it.each([new McpServer({ name: 'shared', version: '1' }), {}, 'server'])(
    'must be a factory, not a server: the error says why, and what to write (%#)',
    (server) => {
      expect(refusal({ server })).toMatch(
        /server: must be a function .* for each session.*server: \(\) => createMcpServer\(\)/,
      );
    },
  );

  it('is either a server or a handler', () => {
    const options = {
      server: () => new McpServer({ name: 'x', version: '1' }),
      handler: () => ({}),
    };
    expect(refusal(options)).toBe('mcpSse(): set server or handler, not both');
  });
});
