// A stranger's walk: does what the README tells, word for word, in empty folders with the packed
// package, and expects that it works. Versions are those of this repository, so that a release of
// another package does not fail a change of ours.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { check, inFolder, INSTALL_FLAGS, pack, readJson, root, run, skip } from './checks.mjs';
import { freePort, Program } from './program.mjs';
import * as readme from './readme.mjs';

const { packages } = await readJson(join(root, 'package-lock.json'));
const INSPECTOR = '2.12.0';

// The README's servers listen on port 3000, which may be taken here. They get another one behind
// their backs, and say when they listen, which not all of them do.
const ANOTHER_PORT = `
import { Server } from 'node:net';

const { listen } = Server.prototype;
Server.prototype.listen = function (port, ...rest) {
  this.once('listening', () => process.stdout.write('[listens]'));
  return listen.call(this, port === 3000 ? Number(process.env.WALK_PORT) : port, ...rest);
};
`;

/** A client of the SDK: calls the tool, and prints what it is notified of until it is killed. */
const CLIENT = `
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';

const [url, token, postTo] = process.argv.slice(2);
const requestInit = token ? { headers: { Authorization: \`Bearer \${token}\` } } : {};
// A balancer that sends every POST to another node than the stream's.
const fetchElsewhere = (target, init) => {
  const to = new URL(target);
  if (init?.method === 'POST' && postTo) to.port = postTo;
  return fetch(to, init);
};
const client = new Client({ name: 'stranger', version: '1.0.0' });
client.fallbackNotificationHandler = ({ params }) => console.log(params.data);
try {
  const transport = new SSEClientTransport(new URL(url), { requestInit, fetch: fetchElsewhere });
  await client.connect(transport);
  const { tools } = await client.listTools();
  const { content } = await client.callTool({ name: tools[0].name, arguments: { name: 'Ada' } });
  console.log(content[0].text);
} catch (error) {
  console.log(\`refused: \${error.code}\`);
  process.exit(1);
}
`;

/** Runs one of the README's `npm install …` lines in `folder`. */
async function install(folder, line, tarball) {
  const [npm, verb, ...rest] = line.trim().split(/\s+/);
  assert.deepEqual([npm, verb], ['npm', 'install'], line);
  const pinned = rest.map((word) => {
    if (word.startsWith('-')) return word;
    if (word === 'express-mcp-sse') return tarball;
    const known = packages[`node_modules/${word}`];
    assert.ok(known, `${word} is not in package-lock.json`);
    return `${word}@${known.version}`;
  });
  // A package.json in some folder above would else be taken for the stranger's.
  await run(folder, 'npm', 'install', '--prefix', folder, ...INSTALL_FLAGS, ...pinned);
}

/** Does `work` with the server in `file` while it runs, which prints no error. */
async function whileServing(folder, file, env, work) {
  await writeFile(join(folder, 'another-port.mjs'), ANOTHER_PORT);
  await writeFile(join(folder, 'client.mjs'), CLIENT);
  const port = await freePort();
  const args = ['--import', './another-port.mjs', file];
  const server = new Program(folder, args, { ...env, WALK_PORT: String(port) });
  try {
    await server.prints('[listens]');
    await work(port, server);
    assert.equal(server.stderr, '');
  } finally {
    await server.stop();
  }
}

/** What the client of the SDK prints first: what the tool says, or why it was refused. */
async function callTool(folder, port, ...rest) {
  const client = new Program(folder, ['client.mjs', `http://127.0.0.1:${port}/sse`, ...rest]);
  await client.prints('\n');
  await client.stop();
  return client.stdout.trim();
}

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
  await nodes(folder, tarball);
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
  for (const walk of [plain, typescript]) {
    const place = join(folder, walk.name);
    await mkdir(place);
    await walk(place, tarball);
  }
});
