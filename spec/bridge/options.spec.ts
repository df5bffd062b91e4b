import { describe, expect, it } from 'vitest';

import { bridge, type BridgeOptions } from '../../lib/bridge/index.js';
import { parseOptions } from '../../lib/bridge/options.js';
import { McpSseError } from '../../lib/errors.js';

const upstream = 'http://127.0.0.1:1/mcp';

/** Options that the compiler would refuse. */
const given = (options: unknown) => () => bridge(options as BridgeOptions);

it.each([
  [undefined, /upstream is missing/],
  [{}, /upstream must be a URL/],
  [{ upstream: 'tools.example/mcp' }, /upstream must be a URL/],
  [{ upstream: 'ftp://tools.example' }, /http: or https:/],
  [{ upstream: 'https://me:secret@tools.example' }, /must have no password/],
  [{ upstream, forwardHeader: [] }, /unknown option forwardHeader. Did you mean forwardHeaders/],
  [{ upstream, colour: 'red' }, /unknown option colour$/],
  [{ upstream, forwardHeaders: 'authorization' }, /must be an array/],
  [{ upstream, forwardHeaders: [''] }, /no name of a header/],
  [{ upstream, forwardHeaders: ['a b'] }, /no name of a header/],
  [{ upstream, headers: [] }, /headers must be an object/],
  [{ upstream, headers: { host: 'x' } }, /headers: host belongs to the connection/],
  [{ upstream, headers: { 'x-key': 'a\nb' } }, /headers: x-key has a value/],
  [{ upstream, headers: { 'X-Key': 'a', 'x-key': 'b' } }, /headers: x-key is given twice/],
  [{ upstream, era: 'new' }, /era must be/],
  [{ upstream, connectTimeoutMs: 0 }, /connectTimeoutMs must be milliseconds/],
  [{ upstream, requestTimeoutMs: '9' }, /requestTimeoutMs must be milliseconds/],
  [{ upstream, closeTimeoutMs: Infinity }, /closeTimeoutMs must be milliseconds/],
  [{ upstream, maxMessageBytes: 0.5 }, /maxMessageBytes must be a whole number/],
  [{ upstream, maxProcesses: 0 }, /maxProcesses must be a whole number/],
  [{ upstream, fetch: true }, /fetch must be a function/],
  [{ upstream, hooks: [] }, /hooks must be an object/],
  [{ upstream, hooks: { onErorr: () => 0 } }, /Did you mean hooks.onError/],
  [{ upstream, hooks: { onError: 1 } }, /hooks.onError must be a function/],
  [{ upstream: { command: '' } }, /upstream.command must be/],
  [{ upstream: { comand: 'x' } }, /Did you mean upstream.command/],
  [{ upstream: { command: 'x', args: 'y' } }, /upstream.args/],
  [{ upstream: { command: 'x', cwd: 1 } }, /upstream.cwd/],
  [{ upstream: { command: 'x', env: 'PATH' } }, /upstream.env/],
  [{ upstream: { command: 'x', env: ['A=B'] } }, /upstream.env/],
  [{ upstream: { command: 'x', env: { A: 1 } } }, /upstream.env/],
  [{ upstream: { command: 'x' }, forwardHeaders: ['a'] }, /for upstreams with a URL/],
])('refuses %j', (options, message) => {
  expect(given(options)).toThrow(McpSseError);
  expect(given(options)).toThrow(message);
});

it('does not repeat the value of a header, which may be a secret', () => {
  expect(given({ upstream, headers: { 'x-key': 'secret\n' } })).not.toThrow(/secret/);
});

// What describes the connection to this server, or speaks for somebody in between.
it.each([
  ...['connection', 'keep-alive', 'Proxy-Authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'host', 'Content-Length', 'content-type', 'expect'],
  ...['cookie', 'set-cookie', 'origin', 'referer', 'Mcp-Session-Id', 'mcp-protocol-version'],
  ...['x-forwarded-for', 'forwarded', 'via', 'sec-fetch-site', 'last-event-id', 'accept'],
])('does not forward %s', (name) => {
  expect(given({ upstream, forwardHeaders: [name] })).toThrow(/belongs to the connection/);
});

describe('the environment of a command', () => {
  const envOf = (env?: string[] | Record<string, string>): unknown => {
    const command = { command: 'x', ...(env && { env }) };
    const { upstream: parsed } = parseOptions({ upstream: command });
    return 'env' in parsed ? parsed.env : undefined;
  };

  it('has PATH and nothing else by default', () => {
    expect(envOf()).toEqual({ PATH: process.env.PATH });
  });

  it('has the named variables that exist', () => {
    process.env.BRIDGE_SPEC = 'here';
    expect(envOf(['BRIDGE_SPEC', 'BRIDGE_SPEC_NOT'])).toEqual({
      PATH: process.env.PATH,
      BRIDGE_SPEC: 'here',
    });
    delete process.env.BRIDGE_SPEC;
  });

  it('has the variables of an object, PATH included', () => {
    expect(envOf({ PATH: '/bin', KEY: 'value' })).toEqual({ PATH: '/bin', KEY: 'value' });
  });
});

it('shows the upstream without its query, and without keys in its path', () => {
  const nameOf = (url: string, name?: string): string =>
    bridge({ upstream: url, ...(name !== undefined && { name }) }).stats().upstream;
  expect(nameOf('https://tools.example/mcp?key=secret')).toBe('https://tools.example/mcp');
  const key = 'NTk5ZTk0YzYtYjY0Yi00';
  expect(nameOf(`https://tools.example/s/${key}/mcp`)).toBe('https://tools.example/s/…/mcp');
  expect(nameOf(`https://tools.example/${'long'.repeat(50)}`)).toHaveLength(80);
  expect(nameOf(`https://tools.example/s/${key}/mcp`, 'tools')).toBe('tools');
});

it.each(['', 'x'.repeat(81), 'two\nlines', '\u202e', 1])('refuses the name %j', (name) => {
  const options = { upstream: 'https://tools.example/mcp', name: name as string };
  expect(() => bridge(options)).toThrow('name must be');
});

it('takes a URL as text or as an object', () => {
  for (const url of [upstream, new URL(upstream)]) {
    expect(parseOptions({ upstream: url }).upstream).toEqual(new URL(upstream));
  }
});

it('shows a command without its folder and arguments', () => {
  const command = { command: '/opt/some/run', args: ['--key', 'secret'] };
  expect(bridge({ upstream: command }).stats()).toEqual({
    upstream: 'run',
    sessions: { idle: 0, connecting: 0, open: 0, reconnecting: 0, failed: 0, closed: 0 },
    processes: 0,
    totals: { opened: 0, reconnects: 0, requests: 0, clientRequests: 0, dropped: 0, errors: {} },
  });
});
