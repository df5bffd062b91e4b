// What a stranger does with the README: installs packages, starts a server, calls its tool.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { INSTALL_FLAGS, readJson, root, run } from './checks.mjs';
import { freePort, Program } from './program.mjs';

/** The versions of this repository. */
export const { packages } = await readJson(join(root, 'package-lock.json'));

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
export const CLIENT = `
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

/** Runs one of the README's `npm install …` lines in `folder`; `own` has tarballs of the reader's. */
export async function install(folder, line, tarball, own = {}) {
  const [npm, verb, ...rest] = line.trim().split(/\s+/);
  assert.deepEqual([npm, verb], ['npm', 'install'], line);
  const words = rest.map((word) => own[word] ?? pinned(word, tarball));
  // A package.json in some folder above would else be taken for the stranger's.
  await run(folder, 'npm', 'install', '--prefix', folder, ...INSTALL_FLAGS, ...words);
}

/** A word of an `npm` or `npx` line: the name of a package with its version, or the tarball. */
export function pinned(word, tarball) {
  if (word.startsWith('-')) return word;
  if (word === 'express-mcp-sse') return tarball;
  const known = packages[`node_modules/${word}`];
  assert.ok(known, `${word} is not in package-lock.json`);
  return `${word}@${known.version}`;
}

/** Does `work` with the server in `file` while it runs, which prints no error. */
export async function whileServing(folder, file, env, work) {
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
export async function callTool(folder, port, ...rest) {
  const client = new Program(folder, ['client.mjs', `http://127.0.0.1:${port}/sse`, ...rest]);
  await client.prints('\n');
  await client.stop();
  return client.stdout.trim();
}
