// The program of the tarball, as somebody uses it who has read `--help` and nothing else.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { check, INSTALL_FLAGS, readJson, root, run, skip } from './checks.mjs';
import { freePort, Program } from './program.mjs';

const { devDependencies: pinned, version: ours } = await readJson(join(root, 'package.json'));
const CLIENT = '@modelcontextprotocol/client';
/** A server that speaks stdio and is not ours. */
const SERVER = '@modelcontextprotocol/server-everything@2026.8.31';
/** Where npm gets its packages from, if the environment says so: a command is told nothing else. */
const NPM = Object.keys(process.env).filter((name) =>
  /^npm_config_(registry|userconfig)$/i.test(name),
);

const CALL = `
import { Client, SSEClientTransport } from '${CLIENT}';

const client = new Client({ name: 'stranger', version: '1.0.0' });
await client.connect(new SSEClientTransport(new URL(process.argv[2])));
const { tools } = await client.listTools();
const echo = { name: 'echo', arguments: { message: 'well' } };
const { content } = await client.callTool(echo);
console.log(client.getServerVersion().name, tools.length > 5, content[0].text);
await client.close();
`;

/** Does what users do with the program, from its installation on. */
export async function checkBridge(folder, tarball) {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const install = (...packages) => run(folder, 'npm', 'install', ...INSTALL_FLAGS, ...packages);
  const installed = await check('the program: installs, without any optional peer', () =>
    install(tarball),
  );
  if (!installed) return;
  await check('the program: --help and --version end with 0', async () => {
    const help = await ended(folder, '--help');
    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(help.stdout, /^Usage: express-mcp-sse bridge/);
    const version = await ended(folder, '--version');
    assert.deepEqual([version.code, version.stdout], [0, `${ours}\n`]);
  });
  await check('the program: a wrong command line ends with 2, and says what is wrong', async () => {
    for (const args of [[], ['brigde'], ['bridge'], ['bridge', '--prot', '1', 'http://x/']]) {
      const { code, stderr } = await ended(folder, ...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, /^express-mcp-sse: .+\nSee express-mcp-sse --help\n$/);
    }
  });
  const lacks = (name, ...args) =>
    check(`the program: without ${name} it ends with 1, and says what to install`, async () => {
      const { code, stderr } = await ended(folder, 'bridge', '--port', '0', ...args);
      assert.equal(code, 1);
      const remedy = `-p ${name} express-mcp-sse bridge`;
      assert.ok(stderr.includes(`needs the package ${name}`) && stderr.includes(remedy), stderr);
    });
  await lacks(CLIENT, 'http://127.0.0.1:1/mcp');
  await install(`${CLIENT}@${pinned[CLIENT]}`);
  await lacks('redis', '--redis', 'redis://127.0.0.1:1', 'http://127.0.0.1:1/mcp');
  await checkServing(folder);
}

async function checkServing(folder) {
  const name = `the program: bridge -- npx -y ${SERVER} stdio: a client calls a tool of it`;
  if (process.platform === 'win32') {
    skip(name, 'there are no signals');
    return;
  }
  await check(name, async () => {
    await writeFile(join(folder, 'call.mjs'), CALL);
    const port = await freePort();
    const named = NPM.flatMap((variable) => ['--env', variable]);
    const command = ['npx', '-y', SERVER, 'stdio'];
    const args = ['bridge', '--port', String(port), ...named, '--', ...command];
    const program = new Program(
      folder,
      args,
      {},
      join(folder, 'node_modules/.bin/express-mcp-sse'),
    );
    try {
      await program.prints('serving npx at');
      const url = `http://127.0.0.1:${port}/sse`;
      const { stdout } = await run(folder, process.execPath, 'call.mjs', url);
      assert.match(stdout, /everything true Echo: well/);
      await program.prints('opened by stranger 1.0.0');
    } finally {
      assert.equal(await program.stop('SIGTERM'), 0);
    }
    assert.match(program.stdout, /ended\n$/);
  });
}

/** How the program ends, and what it says. */
async function ended(folder, ...args) {
  const program = new Program(folder, args, {}, join(folder, 'node_modules/.bin/express-mcp-sse'));
  const code = await program.ended;
  return { code, stdout: program.stdout, stderr: program.stderr };
}
