// Packs the package as `npm publish` would and uses the tarball as its users will: from ESM, from
// CommonJS, and from TypeScript with every way of resolving modules.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';

import { checkBridge } from './package-bridge.mjs';
import { program } from './package-program.mjs';
import { check, inFolder, INSTALL_FLAGS, pack, readJson, root, run } from './checks.mjs';

const { devDependencies: pinned, exports, bin } = await readJson(join(root, 'package.json'));
const entries = Object.keys(exports).filter((entry) => entry !== './package.json');

/** What an entry point needs besides Express. */
const CLIENT = '@modelcontextprotocol/client';
const OPTIONAL = {
  [CLIENT]: pinned[CLIENT],
  '@opentelemetry/api': pinned['@opentelemetry/api'],
};

/** What is packed has at most so many bytes: it is downloaded on every deploy. */
const MAX_BYTES = 160_000;

/** Shipped besides what comes of `lib/`. */
const others = ['LICENSE', 'README.md', 'package.json'];

// Every entry point, with its types put to use.
const uses = `
async function uses(app: Express, mcp: McpSseRouter) {
  const adapters: Adapter[] = [];
  const redis = (client: RedisClient) => adapters.push(redisAdapter(client, { prefix: 'x' }));
  const nats = (connection: NatsConnection) => adapters.push(natsAdapter(connection));
  app.use('/admin', dashboard(mcp, { allowClose: true }));
  const session: TestSession = await openSession(app);
  const fetchLike: FetchLike = resumableFetch();
  const stop: () => void = instrument(mcp, { sessionIds: 'plain' });
  return [redis, nats, session, fetchLike, stop];
}
export const used = uses;
`;

const typed = `import type { Express } from 'express';
import type { Adapter, McpSseRouter } from 'express-mcp-sse';
import { resumableFetch, type FetchLike } from 'express-mcp-sse/client';
import { dashboard } from 'express-mcp-sse/dashboard';
import { natsAdapter, type NatsConnection } from 'express-mcp-sse/nats';
import { instrument } from 'express-mcp-sse/otel';
import { redisAdapter, type RedisClient } from 'express-mcp-sse/redis';
import { openSession, type TestSession } from 'express-mcp-sse/testing';
${uses}`;

// Where the router is called: by both versions of Express, connect and node:http, without a cast.
const hosts = `import { createServer } from 'node:http';
import connect from 'connect';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';

const mcp = mcpSse();
const app = express().use(mcp);
app.use('/api', express.json(), mcp, (req, res) => {
  res.json(req.query);
});
app.use('/api', mcp, mcp.errorHandler);
createServer(mcp.requestListener(app));
createServer(mcp);
createServer((req, res) => {
  mcp(req, res, (error) => res.writeHead(error === undefined ? 404 : 500).end());
});
connect().use(mcp).use('/api', mcp);
`;

/** One mistake each; if these compiled, so would anything: the types would be \`any\`. */
const mistakes = {
  'express-mcp-sse': 'mcpSse({ keepalive: false });',
  'express-mcp-sse/bridge': 'bridge(42);',
  'express-mcp-sse/client': "resumableFetch('no fetch');",
  'express-mcp-sse/dashboard': 'dashboard(42);',
  'express-mcp-sse/nats': 'natsAdapter(42);',
  'express-mcp-sse/otel': 'instrument(42);',
  'express-mcp-sse/redis': 'redisAdapter(42);',
  'express-mcp-sse/testing': 'openSession(42);',
};
const wrong = Object.entries(mistakes)
  .map(([entry, mistake]) => `import { ${/^\w+/.exec(mistake)[0]} } from '${entry}';\n${mistake}`)
  .join('\n');

const loads = (load) =>
  entries.map((entry) => `assert.ok(${load(join('express-mcp-sse', entry))});`).join('\n');

const esm = `import assert from 'node:assert/strict';
import { once } from 'node:events';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { dashboard } from 'express-mcp-sse/dashboard';
${program}`;

const commonJs = `const assert = require('node:assert/strict');
const { once } = require('node:events');
const express = require('express');
const { mcpSse } = require('express-mcp-sse');
const { dashboard } = require('express-mcp-sse/dashboard');
${loads((entry) => `Object.keys(require('${entry}')).length > 0`)}
${program}`;

/** One installation, and a program for each way of resolving modules. */
const typescript = (type, ways, types = pinned['@types/express']) => ({
  type,
  dependencies: {
    express: pinned.express,
    ...OPTIONAL,
    typescript: pinned.typescript,
    // The last one that has `node10` for its default.
    'typescript-5': 'npm:typescript@5.9.3',
    '@types/express': types,
    '@types/node': pinned['@types/node'],
  },
  ways: Object.keys(ways),
  files: Object.fromEntries(
    Object.entries(ways).flatMap(([way, { compiler = 'typescript', ...options }]) => [
      [`${way}/consumer.ts`, esm],
      [`${way}/entries.ts`, typed],
      [`${way}/hosts.ts`, hosts],
      [`${way}/compiler.txt`, compiler],
      [`${way}/wrong/wrong.ts`, wrong],
      [`${way}/tsconfig.json`, tsconfig(options, ['*.ts'])],
      [`${way}/wrong/tsconfig.json`, tsconfig({ ...options, noEmit: true }, ['*.ts'])],
    ]),
  ),
});

const tsconfig = (compilerOptions, include) =>
  JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      // The declarations of the package are what is under test.
      skipLibCheck: false,
      ...compilerOptions,
    },
    include,
  });

const consumers = {
  'ESM on Express 5': {
    type: 'module',
    dependencies: { express: pinned.express, ...OPTIONAL },
    files: { 'consumer.js': `${esm}\n${loads((entry) => `await import('${entry}')`)}` },
  },
  'CommonJS on Express 4': {
    type: 'commonjs',
    dependencies: { express: pinned.express4, ...OPTIONAL },
    files: { 'consumer.js': commonJs },
  },
  'TypeScript, ES modules': typescript('module', {
    nodenext: { module: 'nodenext' },
    node16: { module: 'node16' },
    bundler: { module: 'esnext', moduleResolution: 'bundler' },
  }),
  'TypeScript, CommonJS': typescript('commonjs', {
    nodenext: { module: 'nodenext', esModuleInterop: true },
    node16: { module: 'node16', esModuleInterop: true },
    bundler: { module: 'commonjs', moduleResolution: 'bundler', esModuleInterop: true },
    commonjs: { compiler: 'typescript-5', module: 'commonjs', esModuleInterop: true },
  }),
  "TypeScript, Express 4's types": typescript(
    'module',
    { nodenext: { module: 'nodenext' } },
    '4.17.25',
  ),
};

async function filesUnder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

/** What is built of each file of `lib/`, the doors for CommonJS, and a few others: nothing else. */
async function checkFiles(unpacked) {
  const sources = await filesUnder(join(root, 'lib'));
  const doors = entries.flatMap((entry) => {
    const { import: esModule, require: commonJs } = exports[entry];
    const { types, default: code } = esModule;
    return [code, types, commonJs.types, commonJs.default].map((file) => file.slice(2));
  });
  const page = sources.filter((source) => source.includes('/page/')).map((file) => `dist/${file}`);
  const files = await filesUnder(unpacked);
  // Declarations are shipped where an entry point leads to them, and code that entries share in chunks.
  const isInner = (file) => file.endsWith('.d.ts') && !doors.includes(file);
  const isChunk = (file) => /^dist\/chunks\/\w+\.js$/.test(file);
  const declared = sources.map((source) => `dist/${source.replace(/\.ts$/, '.d.ts')}`);
  assert.deepEqual(
    files.filter((file) => isInner(file) && !declared.includes(file)),
    [],
  );
  const inner = files.filter((file) => isInner(file) || isChunk(file));
  const wanted = [...doors, ...page, ...Object.values(bin), ...inner, ...others].sort();
  assert.deepEqual(files.sort(), wanted);
}

async function checkSize(tarball) {
  const { size } = await stat(tarball);
  assert.ok(size <= MAX_BYTES, `${size} bytes are packed, of ${MAX_BYTES} at most`);
}

/** A map leads to sources, which are not shipped. */
async function checkMaps(unpacked) {
  const files = (await filesUnder(unpacked)).filter((file) => /\.[cm]?[jt]s$/.test(file));
  for (const file of files) {
    const code = await readFile(join(unpacked, file), 'utf8');
    assert.doesNotMatch(code, /^\/\/# sourceMappingURL/m, file);
  }
}

async function checkConsumer(name, { type, dependencies, files, ways }, folder, tarball) {
  await mkdir(folder);
  const manifest = {
    private: true,
    type,
    dependencies: { ...dependencies, 'express-mcp-sse': `file:${tarball}` },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }

  const installed = await check(`${name}: installs`, () =>
    run(folder, 'npm', 'install', ...INSTALL_FLAGS),
  );
  if (!installed) return;
  if (!ways) return checkProgram(name, folder);
  for (const way of ways) {
    const title = `${name}, ${way}`;
    const place = join(folder, way);
    const tsc = join(folder, 'node_modules', files[`${way}/compiler.txt`], 'bin', 'tsc');
    // It emits consumer.js in spite of type errors, so the next check means something either way.
    await check(`${title}: type-checks`, () => run(place, process.execPath, tsc));
    await check(`${title}: the types of every entry point refuse a mistake`, () =>
      checkMistakes(place, tsc),
    );
    await checkProgram(title, place);
  }
}

const checkProgram = (title, folder) =>
  check(`${title}: runs, and exits by itself`, () =>
    promisify(execFile)(process.execPath, ['consumer.js'], { cwd: folder, timeout: 20_000 }),
  );

async function checkMistakes(folder, tsc) {
  const { stdout } = await run(folder, process.execPath, tsc, '-p', 'wrong').catch(
    (error) => error,
  );
  const lines = [...stdout.matchAll(/^wrong\/wrong\.ts\((\d+),/gm)].map(([, line]) => Number(line));
  // Every second line is a mistake.
  const expected = Object.keys(mistakes).map((_, index) => 2 * index + 2);
  assert.deepEqual([...new Set(lines)], expected, stdout);
}

async function main(folder) {
  const tarball = await pack(folder);
  if (tarball === undefined) return;
  await run(folder, 'tar', '-xzf', basename(tarball));
  const unpacked = join(folder, 'package');

  await check('the tarball holds what it should, and no more', () => checkFiles(unpacked));
  await check('it is small', () => checkSize(tarball));
  await check('no file names a map', () => checkMaps(unpacked));
  await check('publint', () => run(root, 'npx', '--no', 'publint', 'run', tarball, '--strict'));
  const attw = ['attw', tarball, '--profile', 'strict'];
  await check('are the types wrong', () => run(root, 'npx', '--no', ...attw));

  await checkBridge(join(folder, 'bridge'), tarball);
  for (const [index, [title, consumer]] of Object.entries(consumers).entries()) {
    await checkConsumer(title, consumer, join(folder, `consumer-${index}`), tarball);
  }
}

await inFolder(main);
