// What the Dockerfiles and the unit of systemd in docs/ do, without Docker and systemd: what they
// install, and what they start.
import assert from 'node:assert/strict';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { check, readJson, root, run } from './checks.mjs';
import { freePort, Program } from './program.mjs';
import * as readme from './readme.mjs';
import { callTool, CLIENT, install, packages } from './stranger.mjs';

const { version } = await readJson(join(root, 'package.json'));
const GREETING = 'Hello, Ada!';

/** The reader's own stdio server, as a package that has a program. */
const MY_SERVER = `#!/usr/bin/env node
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'mine', version: '1.0.0' });
server.registerTool('greet', { inputSchema: { name: z.string() } }, ({ name }) => ({
  content: [{ type: 'text', text: \`Hello, \${name}!\` }],
}));
await server.connect(new StdioServerTransport());
`;

const SDK = '@modelcontextprotocol/sdk';
const pinned = (name) => packages[`node_modules/${name}`].version;

/** What follows the word in each line of a Dockerfile or a unit that begins with it. */
const linesOf = (text, word) =>
  [...text.matchAll(new RegExp(`^${word}[= ](.+)$`, 'gm'))].map(([, rest]) => rest);

export async function containers(folder, tarball) {
  await check('docs/deploying.md: the Dockerfile installs, starts, is ready, and stops', () =>
    deployed(folder, tarball),
  );
  const place = join(folder, 'bridge');
  await mkdir(place);
  const [line] = linesOf(readme.BRIDGE_DOCKERFILE, 'RUN');
  const installed = await check(`docs/bridge.md: ${line}`, async () =>
    install(place, line, tarball, { 'my-server': await packMyServer(folder) }),
  );
  if (!installed) return;
  await writeFile(join(place, 'client.mjs'), CLIENT);
  const [entry] = linesOf(readme.BRIDGE_DOCKERFILE, 'ENTRYPOINT').map(JSON.parse);
  const [command] = linesOf(readme.BRIDGE_DOCKERFILE, 'CMD').map(JSON.parse);
  await check('docs/bridge.md: what the container starts answers a client', () =>
    bridged(place, (port) => [...entry, '--port', port, ...command]),
  );
  const [start] = linesOf(readme.BRIDGE_UNIT, 'ExecStart');
  await check('docs/bridge.md: what systemd starts answers a client', () =>
    bridged(place, (port) => start.replace('--port 3000', `--port ${port}`).split(' ')),
  );
}

/** The lines of the Dockerfile, one after the other, in an image that is a folder. */
async function deployed(folder, tarball) {
  const [project, image] = [join(folder, 'project'), join(folder, 'image')];
  await mkdir(project);
  await mkdir(image);
  await writeFile(join(project, 'server.mjs'), readme.DEPLOYED);
  const flags = ['--prefix', project, '--no-audit', '--no-fund', '--prefer-offline'];
  await run(project, 'npm', 'install', ...flags, tarball, `express@${pinned('express')}`);
  for (const line of linesOf(readme.DOCKERFILE, 'COPY'))
    for (const file of line.split(' ').slice(0, -1))
      await copyFile(join(project, file), join(image, file));
  for (const line of linesOf(readme.DOCKERFILE, 'RUN')) await run(image, ...line.split(' '));
  const [[node, ...args]] = linesOf(readme.DOCKERFILE, 'CMD').map(JSON.parse);
  assert.equal(node, 'node');
  const port = String(await freePort());
  const server = new Program(image, args, { PORT: port, LEAVE_MS: '0' });
  try {
    await server.prints('ready');
    const { status } = await fetch(`http://127.0.0.1:${port}/ready`);
    assert.equal(status, 200);
    assert.equal(await server.stop('SIGTERM'), 0);
    assert.equal(server.stderr, '');
  } finally {
    await server.stop();
  }
}

/** Packs the reader's own server; the path of the tarball. */
async function packMyServer(folder) {
  const place = join(folder, 'my-server');
  await mkdir(place);
  const dependencies = { [SDK]: pinned(SDK), zod: pinned('zod') };
  const manifest = { name: 'my-server', version, type: 'module', bin: 'server.mjs', dependencies };
  await writeFile(join(place, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(place, 'server.mjs'), MY_SERVER);
  await run(place, 'npm', 'pack', '--pack-destination', folder);
  return join(folder, `my-server-${version}.tgz`);
}

/** Starts the bridge as it is told, and calls the tool of the server behind it. */
async function bridged(folder, commandAt) {
  const port = await freePort();
  const [node, ...args] = commandAt(String(port));
  assert.match(node, /^(?:\/usr\/bin\/)?node$/);
  const program = new Program(folder, args);
  try {
    await program.prints('serving ');
    assert.equal(await callTool(folder, port), GREETING);
    assert.equal(await program.stop('SIGTERM'), 0);
  } finally {
    await program.stop();
  }
}
