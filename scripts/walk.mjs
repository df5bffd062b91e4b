// A stranger's walk: does what the README tells, word for word, in empty folders with the packed
// package, and expects that it works. Versions are those of this repository, so that a release of
// another package does not fail a change of ours.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { check, inFolder, INSTALL_FLAGS, pack, readJson, root, run } from './checks.mjs';

const readme = await readFile(join(root, 'README.md'), 'utf8');
const { packages } = await readJson(join(root, 'package-lock.json'));

/** The first block of the README after `mark`, without its fence. */
function block(language, mark = '') {
  const fence = new RegExp(`^\`\`\`${language}( run)?\\n([\\s\\S]*?)^\`\`\``, 'm');
  const found = fence.exec(readme.slice(readme.indexOf(mark)));
  assert.ok(readme.includes(mark) && found, `the README has no ${language} block after "${mark}"`);
  return found[2];
}

/** The `npm install` lines of the README, each with what else it installs for. */
const INSTALL = block('sh');
const INSTALL_TYPES = block('sh', 'With TypeScript');
const INSTALL_VITEST = block('sh', '## Testing');
const SERVER = block('js');
const TEST = block('ts', '## Testing');

// The README's server listens on port 3000, which may be taken here. It gets another one behind its
// back, and says when it listens, which the README need not bother with.
const ANOTHER_PORT = `
import { Server } from 'node:net';

const { listen } = Server.prototype;
Server.prototype.listen = function (port, ...rest) {
  this.once('listening', () => process.stdout.write('listening'));
  return listen.call(this, port === 3000 ? Number(process.env.WALK_PORT) : port, ...rest);
};
`;

const CLIENT = `
import assert from 'node:assert/strict';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';

const client = new Client({ name: 'stranger', version: '1.0.0' });
await client.connect(new SSEClientTransport(new URL(process.argv[2])));
const { tools } = await client.listTools();
const { content } = await client.callTool({ name: tools[0].name, arguments: { name: 'Ada' } });
assert.deepEqual(content, [{ type: 'text', text: 'Hello, Ada!' }]);
await client.close();
`;

/** The README's server for those who still write CommonJS: the same with other imports. */
const COMMON_JS = SERVER.replace(
  /^import (\{[^}]+\}|\w+) from ('[^']+');$/gm,
  'const $1 = require($2);',
);

/** Runs one of the README's `npm install …` lines in `folder`. */
async function install(folder, line, tarball) {
  const [npm, verb, ...words] = line.trim().split(/\s+/);
  assert.deepEqual([npm, verb], ['npm', 'install'], line);
  const pinned = words.map((word) => {
    if (word.startsWith('-')) return word;
    if (word === 'express-mcp-sse') return tarball;
    const known = packages[`node_modules/${word}`];
    assert.ok(known, `${word} is not in package-lock.json`);
    return `${word}@${known.version}`;
  });
  // A package.json in some folder above would else be taken for the stranger's.
  await run(folder, 'npm', 'install', '--prefix', folder, ...INSTALL_FLAGS, ...pinned);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Starts `file` as the README does and lets a client of the SDK call its tool. */
async function serveAndCall(folder, file) {
  await writeFile(join(folder, 'another-port.mjs'), ANOTHER_PORT);
  await writeFile(join(folder, 'client.mjs'), CLIENT);
  const port = await freePort();
  const server = spawn(process.execPath, ['--import', './another-port.mjs', file], {
    cwd: folder,
    env: { ...process.env, WALK_PORT: String(port) },
  });
  let errors = '';
  server.stderr.on('data', (chunk) => (errors += chunk));
  const ended = once(server, 'close');
  try {
    const listens = await Promise.race([once(server.stdout, 'data'), ended.then(() => undefined)]);
    assert.ok(listens, `${file} has ended: ${errors}`);
    await run(folder, process.execPath, 'client.mjs', `http://127.0.0.1:${port}/sse`);
    assert.equal(errors, '');
  } finally {
    server.kill();
    await ended;
  }
}

const inNodeModules = (folder, ...path) => join(folder, 'node_modules', ...path);

/** JavaScript: the README from its top to the end of its first block. */
async function plain(folder, tarball) {
  const installed = await check(`in an empty folder: ${INSTALL.trim()}`, () =>
    install(folder, INSTALL, tarball),
  );
  if (!installed) return;
  await check("the README's server starts, and a client calls its tool", async () => {
    await writeFile(join(folder, 'server.mjs'), SERVER);
    await serveAndCall(folder, 'server.mjs');
  });
  await check('the same by require() in CommonJS', async () => {
    assert.ok(!/^import /m.test(COMMON_JS));
    await writeFile(join(folder, 'server.cjs'), COMMON_JS);
    await serveAndCall(folder, 'server.cjs');
  });
}

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    outDir: 'dist',
  },
  include: ['*.ts'],
};

/** A strict TypeScript project with the README's server and its test. */
async function typescript(folder, tarball) {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  await writeFile(join(folder, 'server.ts'), SERVER);
  await writeFile(join(folder, 'greet.test.ts'), TEST);
  for (const line of [INSTALL, INSTALL_TYPES, INSTALL_VITEST]) {
    const works = await check(`in a TypeScript project: ${line.trim()}`, () =>
      install(folder, line, tarball),
    );
    if (!works) return;
  }
  await check("the README's server and test compile under strict", () =>
    run(folder, process.execPath, inNodeModules(folder, 'typescript', 'bin', 'tsc')),
  );
  await check('what it compiles to starts, and a client calls its tool', () =>
    serveAndCall(folder, join('dist', 'server.js')),
  );
  await check("the README's vitest example passes", async () => {
    const vitest = inNodeModules(folder, 'vitest', 'vitest.mjs');
    const files = ['run', '--root', folder, 'greet.test.ts'];
    const { stdout } = await run(folder, process.execPath, vitest, ...files);
    assert.match(stdout, /Tests .*\d passed/);
  });
}

await inFolder(async (folder) => {
  const tarball = await pack(folder);
  if (tarball === undefined) return;
  for (const walk of [plain, typescript]) {
    const place = join(folder, walk.name);
    await mkdir(place);
    await walk(place, tarball);
  }
});
