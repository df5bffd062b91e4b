// Packs the package as `npm publish` would and uses the tarball as its users will: from ESM, from
// CommonJS, and from TypeScript with every way of resolving modules.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';

import { check, inFolder, INSTALL_FLAGS, pack, readJson, root, run } from './checks.mjs';

const { devDependencies: pinned, exports } = await readJson(join(root, 'package.json'));
const entries = Object.keys(exports).filter((entry) => entry !== './package.json');

/** Shipped besides what comes of `lib/`. */
const others = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];

// Valid as JavaScript and as strict TypeScript. Reading on after close() shows that it ends the
// stream; that the process then exits shows that no timer or socket was left behind.
const program = `
async function main() {
  const app = express();
  const mcp = mcpSse();
  app.use(mcp);
  app.use('/admin', dashboard(mcp));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  // Its page is read from files of the package.
  const page = await fetch(\`http://127.0.0.1:\${address.port}/admin/\`);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<style>[^]+<script>[^]+<\\/html>/);

  const stream = await fetch(\`http://127.0.0.1:\${address.port}/sse\`);
  if (stream.body === null) throw new Error('no stream');
  const decoder = new TextDecoder();
  let text = '';
  let asked = false;
  let answer = '';
  for await (const chunk of stream.body) {
    text += decoder.decode(chunk, { stream: true });
    const endpoint = /^event: endpoint\\n(?:.+\\n)*?data: (.+)\\n/m.exec(text)?.[1];
    if (!asked && endpoint !== undefined) {
      asked = true;
      const post = await fetch(new URL(endpoint, stream.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'initialize',
          params: {
            protocolVersion: '2024-11-05',
            capabilities: {},
            clientInfo: { name: 'consumer', version: '1.0.0' },
          },
        }),
      });
      assert.equal(post.status, 202);
    }
    const message = /^event: message\\n(?:.+\\n)*?data: (.+)\\n/m.exec(text)?.[1];
    if (answer === '' && message !== undefined) {
      answer = message;
      await mcp.close();
    }
  }
  const response = JSON.parse(answer);
  assert.equal(response.id, 1);
  assert.equal(response.result.protocolVersion, '2024-11-05');
  server.close();
}

void main();
`;

// Every entry point, with its types put to use.
const uses = `
async function uses(app: Express, mcp: McpSseRouter) {
  const adapters: Adapter[] = [];
  const redis = (client: RedisClient) => adapters.push(redisAdapter(client, { prefix: 'x' }));
  const nats = (connection: NatsConnection) => adapters.push(natsAdapter(connection));
  app.use('/admin', dashboard(mcp, { allowClose: true }));
  const session: TestSession = await openSession(app);
  const fetchLike: FetchLike = resumableFetch();
  return [redis, nats, session, fetchLike];
}
export const used = uses;
`;

const typed = `import type { Express } from 'express';
import type { Adapter, McpSseRouter } from 'express-mcp-sse';
import { resumableFetch, type FetchLike } from 'express-mcp-sse/client';
import { dashboard } from 'express-mcp-sse/dashboard';
import { natsAdapter, type NatsConnection } from 'express-mcp-sse/nats';
import { redisAdapter, type RedisClient } from 'express-mcp-sse/redis';
import { openSession, type TestSession } from 'express-mcp-sse/testing';
${uses}`;

/** One mistake each; if these compiled, so would anything: the types would be \`any\`. */
const mistakes = {
  'express-mcp-sse': 'mcpSse({ keepalive: false });',
  'express-mcp-sse/client': "resumableFetch('no fetch');",
  'express-mcp-sse/dashboard': 'dashboard(42);',
  'express-mcp-sse/nats': 'natsAdapter(42);',
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

const typescript = (type, compilerOptions) => ({
  type,
  dependencies: {
    express: pinned.express,
    typescript: pinned.typescript,
    '@types/express': pinned['@types/express'],
    '@types/node': pinned['@types/node'],
  },
  files: {
    'consumer.ts': esm,
    'entries.ts': typed,
    'wrong/wrong.ts': wrong,
    'tsconfig.json': tsconfig(compilerOptions, ['*.ts']),
    'wrong/tsconfig.json': tsconfig({ ...compilerOptions, noEmit: true }, ['*.ts']),
  },
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
    dependencies: { express: pinned.express },
    files: { 'consumer.js': `${esm}\n${loads((entry) => `await import('${entry}')`)}` },
  },
  'CommonJS on Express 4': {
    type: 'commonjs',
    dependencies: { express: pinned.express4 },
    files: { 'consumer.js': commonJs },
  },
  'TypeScript, nodenext': typescript('module', { module: 'nodenext' }),
  'TypeScript, bundler': typescript('module', { module: 'esnext', moduleResolution: 'bundler' }),
  'TypeScript, CommonJS': typescript('commonjs', { module: 'nodenext', esModuleInterop: true }),
};

async function filesUnder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

/** Each file of `lib/`, what is built of it, and a few others: nothing more, nothing less. */
async function checkFiles(unpacked) {
  const sources = await filesUnder(join(root, 'lib'));
  const expected = sources.flatMap((source) => {
    // The files of the dashboard's page are copied as they are.
    if (!source.endsWith('.ts')) return [`lib/${source}`, `dist/${source}`];
    const compiled = `dist/${source.replace(/\.ts$/, '')}`;
    const endings = ['.js', '.js.map', '.d.ts', '.d.ts.map'];
    return [`lib/${source}`, ...endings.map((ending) => compiled + ending)];
  });
  assert.deepEqual((await filesUnder(unpacked)).sort(), [...expected, ...others].sort());
}

async function checkSourceMaps(unpacked) {
  const files = await filesUnder(unpacked);
  for (const map of files.filter((file) => file.endsWith('.map'))) {
    for (const source of (await readJson(join(unpacked, map))).sources) {
      const target = relative(unpacked, join(unpacked, dirname(map), source))
        .split(sep)
        .join('/');
      assert.ok(files.includes(target), `${map} refers to ${source}, which is not shipped`);
    }
  }
}

async function checkConsumer(name, { type, dependencies, files }, folder, tarball) {
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
  if ('tsconfig.json' in files) {
    const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
    // It emits consumer.js in spite of type errors, so the next check means something either way.
    await check(`${name}: type-checks`, () => run(folder, process.execPath, tsc));
    await check(`${name}: the types of every entry point refuse a mistake`, () =>
      checkMistakes(folder, tsc),
    );
  }
  await check(`${name}: runs, and exits by itself`, () =>
    promisify(execFile)(process.execPath, ['consumer.js'], { cwd: folder, timeout: 20_000 }),
  );
}

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
  await check('every source map leads to a shipped source', () => checkSourceMaps(unpacked));
  await check('publint', () => run(root, 'npx', '--no', 'publint', 'run', tarball, '--strict'));
  // CommonJS gets ES modules here, by require(esm); all else that can be wrong there still counts.
  const attw = ['attw', tarball, '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'];
  await check('are the types wrong', () => run(root, 'npx', '--no', ...attw));

  for (const [index, [title, consumer]] of Object.entries(consumers).entries()) {
    await checkConsumer(title, consumer, join(folder, `consumer-${index}`), tarball);
  }
}

await inFolder(main);
