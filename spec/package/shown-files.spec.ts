import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it, onTestFinished } from 'vitest';

import { parseCommandLine } from '../../lib/cli/command-line.js';
import { nginxAround } from '../proxies/configs.js';
import { checkConfig, isInstalled } from '../proxies/programs.js';
import { hasRedis, RedisServer } from '../support/redis-server.js';
import { readText, snippets, type Snippet } from '../support/snippets.js';

// What the pages show besides TypeScript and JavaScript: files and lines that people copy.
const blocks = snippets();
const of = (...languages: string[]): Snippet[] =>
  blocks.filter(({ language }) => languages.includes(language));

/** What stands in each language, and which spec or program tries it. */
const TRIED: Readonly<Record<string, string>> = {
  ts: 'snippets.spec.ts, shown-code.spec.ts',
  js: 'snippets.spec.ts, shown-code.spec.ts',
  sh: 'here, ending-sse.spec.ts, test:walk',
  nginx: 'here, documented-proxies.spec.ts',
  haproxy: 'here, documented-proxies.spec.ts',
  redis: 'here',
  ini: 'here',
  dockerfile: 'here, deploying.spec.ts, test:walk',
  yaml: 'deploying.spec.ts',
  json: 'here',
  caddy: 'here, as far as its braces: there is no Caddy',
  mermaid: 'nothing: it is a drawing',
  text: 'nothing: it is what a program prints',
};

it('every block names a language that some check knows', () => {
  const unknown = blocks.filter(({ language }) => !(language in TRIED));
  expect(unknown.map(({ place, language }) => `${place} ${language}`)).toEqual([]);
});

describe.runIf(isInstalled('nginx'))('nginx', () => {
  it.each(of('nginx').map(({ place, code }) => [place, code]))('accepts %s', async (_, code) => {
    // A `location` alone is a part of a server.
    const isWhole = /^(?:upstream|server) /m.test(code);
    await checkConfig('nginx', nginxAround(isWhole ? code : `server {\nlisten 8080;\n${code}\n}`));
  });
});

describe.runIf(isInstalled('haproxy'))('haproxy', () => {
  it.each(of('haproxy').map(({ place, code }) => [place, code]))('accepts %s', async (_, code) => {
    await checkConfig('haproxy', haproxyAround(code));
  });
});

/** The least that haproxy wants to see besides the block. */
function haproxyAround(code: string): string {
  const has = (section: string): boolean => new RegExp(`^${section}`, 'm').test(code);
  const defaults = 'defaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n';
  return [
    has('defaults') ? '' : `${defaults}  timeout server 60s\n`,
    code,
    has('frontend') ? '' : 'frontend around\n  bind 127.0.0.1:8080\n  default_backend mcp\n',
    has('backend') ? '' : 'backend mcp\n  server mcp 127.0.0.1:3000\n',
  ].join('\n');
}

describe.runIf(hasRedis)('Redis', () => {
  it.each(of('redis').map(({ place, code }) => [place, code]))('obeys %s', async (_, code) => {
    const redis = await RedisServer.begin();
    onTestFinished(() => redis.stop());
    for (const line of code.split('\n')) expect(await redis.command(...line.split(' '))).toBe('OK');
  });
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe.runIf(hasSystemd)('systemd', () => {
  it.each(of('ini').map(({ place, code }) => [place, code]))('understands %s', async (_, code) => {
    const folder = await mkdtemp(join(tmpdir(), 'systemd-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const unit = join(folder, 'mcp.service');
    // Node need not be where the unit says, on this machine.
    await writeFile(unit, code.replace('/usr/bin/node', process.execPath));
    const { stderr } = await promisify(execFile)('systemd-analyze', ['verify', unit]);
    expect(stderr.split('\n').filter((line) => line.includes(unit))).toEqual([]);
  });
});

it.each(of('json').map(({ place, code }) => [place, code]))('%s is JSON', (_, code) => {
  expect(JSON.parse(code)).toBeTypeOf('object');
});

it.each(of('caddy').map(({ place, code }) => [place, code]))('%s closes its braces', (_, code) => {
  expect(code.split('{').length).toBe(code.split('}').length);
});

describe.each(of('dockerfile'))('the Dockerfile at $place', ({ code }) => {
  const lines = code.split('\n');
  const argumentsOf = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  it('has instructions that Docker knows, in an order that works', () => {
    const known = /^(?:FROM|ENV|WORKDIR|COPY|RUN|USER|EXPOSE|ENTRYPOINT|CMD) \S/;
    expect(lines.filter((line) => !known.test(line))).toEqual([]);
    expect(lines[0]).toMatch(/^FROM [\w./-]+:\d[\w.-]*$/);
    const order = lines.map((line) => line.split(' ', 1)[0]);
    expect(order.lastIndexOf('RUN')).toBeLessThan(order.indexOf('USER'));
    expect(argumentsOf('USER')).toEqual(['node']);
  });

  it('starts Node itself, so that SIGTERM reaches it', () => {
    const [command] = [...argumentsOf('ENTRYPOINT'), ...argumentsOf('CMD')];
    const [program, file] = JSON.parse(command ?? '') as string[];
    expect(program).toBe('node');
    expect(file).toMatch(/\.m?js$/);
  });
});

describe('where the pages start the bridge', () => {
  const { bin } = JSON.parse(readText('package.json')) as { bin: Record<string, string> };
  const file = `node_modules/express-mcp-sse/${bin['express-mcp-sse']!.replace('./', '')}`;
  const page = (language: string): string =>
    blocks.find((block) => block.language === language && block.place.includes('bridge.md'))!.code;
  const lineOf = (word: string, code: string): string =>
    new RegExp(`^${word}[= ](.+)$`, 'm').exec(code)![1]!;

  it('Docker runs the program with options that it has', () => {
    const entry = JSON.parse(lineOf('ENTRYPOINT', page('dockerfile'))) as string[];
    const command = JSON.parse(lineOf('CMD', page('dockerfile'))) as string[];
    expect(entry.slice(0, 2)).toEqual(['node', file]);
    expect(parseCommandLine([...entry.slice(2), ...command])).toMatchObject({
      host: '0.0.0.0',
      port: Number(lineOf('EXPOSE', page('dockerfile'))),
      allowedHosts: ['mcp.example.com'],
    });
  });

  it('systemd does, too', () => {
    const [node, program, ...args] = lineOf('ExecStart', page('ini')).split(' ');
    expect([node, program]).toEqual(['/usr/bin/node', file]);
    expect(parseCommandLine(args)).toMatchObject({ port: 3000, host: '127.0.0.1' });
  });
});

describe('lines for a shell', () => {
  const { scripts, dependencies, devDependencies } = JSON.parse(readText('package.json')) as Record<
    'scripts' | 'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const shell = of('sh').flatMap(({ place, code }) =>
    // What follows a pipe, or stands in quotes, belongs to the line before it.
    code.split(/\n(?! )/).map((line) => [place, line.replace(/\s+#.*$/, '')] as const),
  );
  const PACKAGES = ['express-mcp-sse', ...Object.keys({ ...dependencies, ...devDependencies })];

  /** What is wrong with the line; undefined if nothing is. */
  function problem(line: string): string | undefined {
    const words = line.split(' ');
    const npm = /^npm (?:run )?([\w:]+)/.exec(line)?.[1];
    if (line === 'npm ci' || line === '.ci/run') return undefined;
    if (line.startsWith('npm install ')) {
      const unknown = words.slice(2).filter((name) => !PACKAGES.includes(name));
      return unknown.length > 0 ? `unknown packages: ${unknown.join()}` : undefined;
    }
    if (npm !== undefined) return npm in scripts ? undefined : `no script ${npm}`;
    const [, args] = / express-mcp-sse ((?:bridge|demo)\b.*)$/.exec(line) ?? [];
    if (args !== undefined) {
      parseCommandLine(args.split(' '));
      return undefined;
    }
    // Run by test:walk, and by ending-sse.spec.ts.
    if (/^npx (?:-y )?@modelcontextprotocol\/inspector --cli /.test(line)) return undefined;
    if (line.startsWith('curl -s http://127.0.0.1:3000/usage | jq')) return undefined;
    return line === 'apt-get install nginx haproxy' ? undefined : 'nothing tries this line';
  }

  it.each(shell)('%s: %s', (_, line) => {
    expect(problem(line)).toBeUndefined();
  });
});
