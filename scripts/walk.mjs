// A stranger's walk: does what the README and docs/one-url.md tell, word for word, in empty folders
// with the packed package, and expects that it works. Versions are those of this repository, so that
// a release of another package does not fail a change of ours.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { check, inFolder, pack, run, skip } from './checks.mjs';
import { containers } from './containers.mjs';
import { oneUrl } from './one-url-walk.mjs';
import { freePort, Program } from './program.mjs';
import * as readme from './readme.mjs';
import { callTool, install, packages, whileServing } from './stranger.mjs';

const INSPECTOR = '2.12.0';

const inNodeModules = (folder, ...path) => join(folder, 'node_modules', ...path);
const GREETING = 'Hello, Ada!';
const serves = (folder, file) =>
  whileServing(folder, file, {}, async (port, server) => {
    await server.prints(readme.READY);
    assert.equal(await callTool(folder, port), GREETING);
  });

/** JavaScript: the quick start, then what the sections below it add. */
async function plain(folder, tarball) {
  const installed = await check(`in an empty folder: ${readme.INSTALL.trim()}`, () =>
    install(folder, readme.INSTALL, tarball),
  );
  if (!installed) return;
  await writeFile(join(folder, 'server.mjs'), readme.SERVER);
  await check("the README's server says where it listens, and a client calls its tool", () =>
    serves(folder, 'server.mjs'),
  );
  await check(`from a second terminal: ${readme.CALL.split(' --')[0]} …`, () =>
    whileServing(folder, 'server.mjs', {}, async (port) => {
      const line = readme.CALL.trim().replace(':3000/', `:${port}/`);
      const pinned = line.replace('inspector ', `inspector@${INSPECTOR} `);
      assert.notEqual(pinned, line);
      const { stdout } = await run(folder, ...pinned.split(' '));
      assert.match(stdout, new RegExp(GREETING));
    }),
  );
  await check('the same by require() in CommonJS', async () => {
    assert.ok(!/^import /m.test(readme.COMMON_JS));
    await writeFile(join(folder, 'server.cjs'), readme.COMMON_JS);
    await serves(folder, 'server.cjs');
  });
  await check(
    'with bearer tokens: strangers are refused, and the tool answers its user',
    async () => {
      const code = readme
        .withBlock(readme.AUTH, /^app\.use\(mcp\);$/m)
        .replace('(token: string)', '(token)');
      await writeFile(join(folder, 'auth.mjs'), code);
      await whileServing(folder, 'auth.mjs', {}, async (port) => {
        assert.equal(await callTool(folder, port), 'refused: 401');
        assert.equal(await callTool(folder, port, 'token-of-ada'), GREETING);
      });
    },
  );
  await check('a route pushes to those who are connected', async () => {
    await writeFile(
      join(folder, 'push.mjs'),
      readme.withBlock(`${readme.PUSH}\napp.listen`, /^app\.listen/m),
    );
    await whileServing(folder, 'push.mjs', {}, async (port) => {
      const client = new Program(folder, ['client.mjs', `http://127.0.0.1:${port}/sse`]);
      await client.prints(GREETING);
      const answer = await fetch(`http://127.0.0.1:${port}/deployed`, { method: 'POST' });
      assert.deepEqual(await answer.json(), { sent: 1 });
      await client.prints('A new version is live');
      await client.stop();
    });
  });
  await everyEra(folder, tarball);
  await nodes(folder, tarball);
}

/** One URL for clients of every era, then the bridge in front of that URL. */
async function everyEra(folder, tarball) {
  const installed = await check(`for one URL: ${readme.INSTALL_ONE_URL}`, () =>
    install(folder, readme.INSTALL_ONE_URL, tarball),
  );
  if (!installed) return;
  await writeFile(join(folder, 'one-url.mjs'), readme.ONE_URL);
  await whileServing(folder, 'one-url.mjs', {}, async (port) => {
    await check('one URL serves HTTP+SSE and Streamable HTTP', async () => {
      assert.equal(await callTool(folder, port), GREETING);
      const modern = { jsonrpc: '2.0', id: 1, method: 'tools/call' };
      const params = { name: 'greet', arguments: { name: 'Ada' } };
      assert.match(await postAt(port, { ...modern, params }), new RegExp(GREETING));
    });
    await check(`${readme.BRIDGE.split(' bridge ')[0]} bridge …: a client calls its tool`, () =>
      bridged(folder, tarball, port),
    );
  });
}

/** What Streamable HTTP answers to a POST at the URL of the stream. */
async function postAt(port, message) {
  const headers = {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    'MCP-Protocol-Version': '2025-11-25',
  };
  const url = `http://127.0.0.1:${port}/sse`;
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(message) });
  return response.text();
}

/** The README's bridge command, with the tarball, another upstream and another port. */
async function bridged(folder, tarball, upstreamPort) {
  const port = await freePort();
  const { version } = packages['node_modules/@modelcontextprotocol/client'];
  const line = readme.BRIDGE.replace('-p express-mcp-sse', `-p ${tarball}`)
    .replace('modelcontextprotocol/client', `modelcontextprotocol/client@${version}`)
    .replace('https://tools.example/mcp', `http://127.0.0.1:${upstreamPort}/sse`);
  const [npx, ...args] = line.split(' ');
  const empty = join(folder, 'bridge');
  await mkdir(empty);
  const program = new Program(empty, ['-y', ...args, '--port', String(port)], {}, npx);
  try {
    await program.prints('serving ');
    assert.equal(await callTool(folder, port), GREETING);
  } finally {
    await program.stop('SIGTERM');
  }
}

/** Two processes on one Redis: the stream at the first, every POST at the second. */
async function nodes(folder, tarball) {
  const name = 'two nodes on Redis share a session, and end by themselves on SIGTERM';
  const version = await promisify(execFile)('redis-server', ['--version']).catch(() => undefined);
  if (!version) {
    skip(name, 'there is no redis-server here');
    return;
  }
  await check(name, async () => {
    await install(folder, readme.INSTALL_REDIS, tarball);
    const code = readme.withBlock(
      readme.PRODUCTION,
      /^const mcp = [\s\S]*^app\.listen[\s\S]*?^\}\);$/m,
    );
    // The application is there before it is told what it trusts.
    const ordered = code.replace(/^import express .*$/m, '$&\nconst app = express();');
    await writeFile(join(folder, 'node.mjs'), ordered);
    const redisPort = await freePort();
    const settings = ['--port', redisPort, '--save', '', '--bind', '127.0.0.1'].map(String);
    const redis = new Program(folder, settings, {}, 'redis-server');
    try {
      await redis.prints('Ready to accept connections');
      const env = { REDIS_URL: `redis://127.0.0.1:${redisPort}` };
      await whileServing(folder, 'node.mjs', env, (first, one) =>
        whileServing(folder, 'node.mjs', env, async (second, two) => {
          const answer = await callTool(folder, first, '', String(second));
          assert.equal(answer, GREETING);
          assert.deepEqual(await Promise.all([one.stop('SIGTERM'), two.stop('SIGTERM')]), [0, 0]);
        }),
      );
    } finally {
      await redis.stop();
    }
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
  await writeFile(join(folder, 'server.ts'), readme.SERVER);
  await writeFile(join(folder, 'auth.ts'), readme.withBlock(readme.AUTH, /^app\.use\(mcp\);$/m));
  // The application of the test is the same one, without the port.
  const app = readme.SERVER.replace(/^app\.listen[\s\S]*/m, 'export { app };\n');
  await writeFile(join(folder, 'app.ts'), app);
  await writeFile(join(folder, 'greet.test.ts'), readme.TEST);
  for (const line of [readme.INSTALL, readme.INSTALL_TYPES, readme.INSTALL_VITEST]) {
    const works = await check(`in a TypeScript project: ${line.trim()}`, () =>
      install(folder, line, tarball),
    );
    if (!works) return;
  }
  await check("the README's server, its authentication and its test compile under strict", () =>
    run(folder, process.execPath, inNodeModules(folder, 'typescript', 'bin', 'tsc')),
  );
  await check('what it compiles to starts, and a client calls its tool', () =>
    serves(folder, join('dist', 'server.js')),
  );
  await check("the README's vitest example passes", async () => {
    const vitest = inNodeModules(folder, 'vitest', 'vitest.mjs');
    const files = ['run', '--root', folder, '--exclude', 'dist', 'greet.test.ts'];
    const { stdout } = await run(folder, process.execPath, vitest, ...files);
    assert.match(stdout, /Tests .*\d passed/);
  });
}

await inFolder(async (folder) => {
  const tarball = await pack(folder);
  if (tarball === undefined) return;
  for (const walk of [plain, typescript, oneUrl, containers]) {
    const place = join(folder, walk.name);
    await mkdir(place);
    await walk(place, tarball);
  }
});
