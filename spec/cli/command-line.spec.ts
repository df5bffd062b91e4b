import { expect, it, onTestFinished, vi } from 'vitest';

import { parseCommandLine, UsageError } from '../../lib/cli/command-line.js';

const parse = (line: string): unknown => parseCommandLine(line.split(' '));

it('accepts a URL', () => {
  expect(parse('bridge https://tools.example/mcp')).toEqual({
    upstream: 'https://tools.example/mcp',
    name: undefined,
    port: 3000,
    host: '127.0.0.1',
    paths: { sse: '/sse', message: '/message' },
    headers: {},
    forwardHeaders: [],
    allowedHosts: undefined,
    allowedOrigins: [],
    redis: undefined,
    dashboard: false,
  });
});

it('accepts a command with its own options and environment', () => {
  expect(parse('bridge --env KEY --env OTHER --cwd /tmp -- npx -y server --port 1')).toMatchObject({
    upstream: {
      command: 'npx',
      args: ['-y', 'server', '--port', '1'],
      env: ['KEY', 'OTHER'],
      cwd: '/tmp',
    },
    port: 3000,
  });
});

it('accepts every option', () => {
  const line =
    'bridge http://x --name tools --port 0 --host ::1 --path /a/b --forward-header authorization ' +
    '--allow-host a.example --allow-origin https://b.example --redis redis://c --dashboard';
  expect(parse(line)).toMatchObject({
    name: 'tools',
    port: 0,
    host: '::1',
    paths: { sse: '/a/b', message: '/a/message' },
    forwardHeaders: ['authorization'],
    allowedHosts: ['a.example'],
    allowedOrigins: ['https://b.example'],
    redis: 'redis://c',
    dashboard: true,
  });
});

it('accepts headers with values from the environment', () => {
  vi.stubEnv('SPEC_TOKEN', 'of the environment');
  onTestFinished(() => void vi.unstubAllEnvs());
  const headers = ['--header', 'Authorization: Bearer ${SPEC_TOKEN}', '--header', 'X-Empty:'];
  expect(parseCommandLine(['bridge', 'http://x', ...headers])).toMatchObject({
    headers: { Authorization: 'Bearer of the environment', 'X-Empty': '' },
  });
});

it.each([
  [['secret'], /--header takes a name and a value/],
  [[': secret'], /--header takes a name and a value/],
  [['X Key: secret'], /--header takes a name and a value/],
  [['X-Key: secret', 'x-key: secret'], /x-key is given twice/],
  [['X-Key: ${SPEC_NOT_SET}'], /the variable SPEC_NOT_SET is not set/],
])('refuses the headers %j, without repeating secrets', (lines, message) => {
  const parseHeaders = (): unknown =>
    parseCommandLine(['bridge', 'http://x', ...lines.flatMap((line) => ['--header', line])]);
  expect(parseHeaders).toThrow(UsageError);
  expect(parseHeaders).toThrow(message);
  expect(parseHeaders).not.toThrow(/secret/);
});

it.each([
  ['demo', 3000],
  ['demo --port 0', 0],
  ['--port 4000 demo', 4000],
])('takes %s', (line, port) => {
  expect(parse(line)).toEqual({ demo: true, port });
});

it.each([
  ['--help', 'help'],
  ['demo --help', 'help'],
  ['bridge --help', 'help'],
  ['--version', 'version'],
])('takes %s', (line, wanted) => {
  expect(parse(line)).toBe(wanted);
});

it.each([
  ['serve x', /unknown command "serve": the commands are bridge and demo/],
  ['demo x', /demo takes --port only/],
  ['demo --host 0.0.0.0', /demo takes --port only/],
  ['demo -- npx y', /demo takes --port only/],
  ['demo --port many', /--port takes a number/],
  ['bridge', /one URL, or a command/],
  ['bridge http://x http://y', /one URL, or a command/],
  ['bridge http://x -- npx y', /one URL, or a command/],
  ['bridge --', /the command after -- is missing/],
  ['bridge http://x --port many', /--port takes a number/],
  ['bridge http://x --port 65536', /--port takes a number/],
  ['bridge http://x --prot 1', /Unknown option '--prot'/],
  ['bridge http://x --env KEY', /--env and --cwd are for a command after --/],
  ['bridge --header X-Key:1 -- npx y', /--header and --forward-header are for a URL/],
  ['bridge --forward-header x-key -- npx y', /--header and --forward-header are for a URL/],
  ['bridge --env KEY=secret -- npx y', /--env takes the name of a variable/],
  ['bridge http://x --dashboard --host 0.0.0.0', /--dashboard has no login/],
])('refuses %s', (line, message) => {
  expect(() => parse(line)).toThrow(UsageError);
  expect(() => parse(line)).toThrow(message);
});
