import { expect, it } from 'vitest';

import { parseCommandLine, UsageError } from '../../lib/cli/command-line.js';

const parse = (line: string): unknown => parseCommandLine(line.split(' '));

it('takes a URL', () => {
  expect(parse('bridge https://tools.example/mcp')).toEqual({
    upstream: 'https://tools.example/mcp',
    name: undefined,
    port: 3000,
    host: '127.0.0.1',
    paths: { sse: '/sse', message: '/message' },
    forwardHeaders: [],
    allowedHosts: undefined,
    allowedOrigins: [],
    redis: undefined,
    dashboard: false,
  });
});

it('takes a command with its own options, and what it is given', () => {
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

it('takes every option', () => {
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
  ['serve x', /unknown command "serve": there are bridge and demo/],
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
  ['bridge http://x --dashboard --host 0.0.0.0', /--dashboard has no login/],
])('refuses %s', (line, message) => {
  expect(() => parse(line)).toThrow(UsageError);
  expect(() => parse(line)).toThrow(message);
});
