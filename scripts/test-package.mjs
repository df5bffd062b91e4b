// Packs the package as `npm publish` would and uses the tarball as its users will: from ESM, from
// CommonJS, and from TypeScript with either way of resolving modules.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'));
const { devDependencies: pinned } = await readJson(join(root, 'package.json'));

const allowed = [
  /^dist\/.+\.(js|d\.ts)(\.map)?$/,
  /^lib\/(?!.*\.spec\.).+\.ts$/,
  /^(README\.md|LICENSE|CHANGELOG\.md|package\.json)$/,
];
const required = ['README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js', 'dist/index.d.ts'];

// Valid as JavaScript and as strict TypeScript. Reading on after close() shows that it ends the
// stream; that the process then exits shows that no timer or socket was left behind.
const program = `
async function main() {
  const app = express();
  const mcp = mcpSse();
  app.use(mcp);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

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

const esm = `import assert from 'node:assert/strict';
import { once } from 'node:events';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';
${program}`;

const commonJs = `const assert = require('node:assert/strict');
const { once } = require('node:events');
const express = require('express');
const { mcpSse } = require('express-mcp-sse');
${program}`;

const typescript = (compilerOptions) => ({
  type: 'module',
  dependencies: {
    express: pinned.express,
    typescript: pinned.typescript,
    '@types/express': pinned['@types/express'],
    '@types/node': pinned['@types/node'],
  },
  files: {
    'consumer.ts': esm,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'es2023',
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        // The declarations of the package are what is under test.
        skipLibCheck: false,
        ...compilerOptions,
      },
    }),
  },
});

const consumers = {
  'ESM on Express 5': {
    type: 'module',
    dependencies: { express: pinned.express },
    files: { 'consumer.js': esm },
  },
  'CommonJS on Express 4': {
    type: 'commonjs',
    dependencies: { express: pinned.express4 },
    files: { 'consumer.js': commonJs },
  },
  'TypeScript, nodenext': typescript({ module: 'nodenext' }),
  'TypeScript, bundler': typescript({ module: 'esnext', moduleResolution: 'bundler' }),
};

let passed = 0;
let failed = 0;

/** Runs one check, prints its line, and says whether it passed. */
async function check(name, work) {
  try {
    await work();
    passed += 1;
    console.log(`ok ${name}`);
    return true;
  } catch (error) {
    failed += 1;
    // What a tool found wrong is on its stdout.
    const limit = error.killed ? 'killed at its time limit' : '';
    const report = [error.message, limit, error.stdout].filter(Boolean).join('\n').trimEnd();
    console.log(`not ok ${name}\n${report.replaceAll(/^/gm, '  ')}`);
    return false;
  }
}

function run(cwd, command, ...args) {
  return promisify(execFile)(command, args, {
    cwd,
    timeout: 180_000,
    // npm and npx are scripts there.
    shell: process.platform === 'win32' && command !== process.execPath,
  });
}

async function filesUnder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

async function checkFiles(unpacked) {
  const files = await filesUnder(unpacked);
  const strangers = files.filter((file) => !allowed.some((pattern) => pattern.test(file)));
  assert.deepEqual(strangers, [], 'files that should not be in the tarball');
  const missing = required.filter((file) => !files.includes(file));
  assert.deepEqual(missing, [], 'files that should be in the tarball');
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
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);

  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
  const installed = await check(`${name}: installs`, () => run(folder, 'npm', 'install', ...flags));
  if (!installed) return;
  if ('tsconfig.json' in files) {
    const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
    // It emits consumer.js in spite of type errors, so the next check means something either way.
    await check(`${name}: type-checks`, () => run(folder, process.execPath, tsc));
  }
  await check(`${name}: runs, and exits by itself`, () =>
    promisify(execFile)(process.execPath, ['consumer.js'], { cwd: folder, timeout: 20_000 }),
  );
}

async function main(folder) {
  const packed = await check('npm pack', () =>
    run(root, 'npm', 'pack', '--pack-destination', folder),
  );
  if (!packed) return;
  const [name] = await readdir(folder);
  const tarball = join(folder, name);
  await run(folder, 'tar', '-xzf', name);
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

const folder = await mkdtemp(join(tmpdir(), 'express-mcp-sse-'));
try {
  await main(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (failed > 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed`);
