// A stranger's walk by docs/one-url.md: applications that serve one transport, moved to one URL step by
// step, with clients of each era.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { check, root } from './checks.mjs';
import { freePort, Program } from './program.mjs';
import { install, pinned, whileServing } from './stranger.mjs';

const page = await readFile(join(root, 'docs/one-url.md'), 'utf8');

/** The first block of the page after `mark`, without its fence. */
function block(language, mark) {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm');
  const found = fence.exec(page.slice(page.indexOf(mark)));
  assert.ok(page.includes(mark) && found, `one-url.md has no ${language} block after "${mark}"`);
  return found[1];
}

/** The first `npm install …` of the page after `mark`. */
function installLine(mark) {
  const found = /`(npm install [^`]+)`/.exec(page.slice(page.indexOf(mark)));
  assert.ok(page.includes(mark) && found, `one-url.md installs nothing after "${mark}"`);
  return found[1];
}

const MOVING = '## Moving a server there';
const [SSE, STREAMABLE, NEWEST] = [
  '### From `SSEServerTransport`',
  '### From `StreamableHTTPServerTransport`',
  '### The newest protocol too',
];
const OLD_STREAMABLE = block('js', STREAMABLE);

/** The application with the two lines that the page adds, where it says. */
function withOneUrl(app) {
  const [importLine, , ...rest] = block('js', 'add two lines').trimEnd().split('\n');
  const moved = app
    .replace(/^import express .*$/m, `$&\n${importLine}`)
    .replace(/^app\.all/m, `${rest.join('\n')}\n$&`);
  assert.equal(moved.split('\n').length, app.split('\n').length + 2);
  return moved;
}

/** Calls the tool, and prints by what protocol, and whether it has a session. */
const VISITOR = `
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as v2 from '@modelcontextprotocol/client';

const [kind, url] = process.argv.slice(2);
const target = new URL(url);
const info = { name: 'stranger', version: '1.0.0' };
const kinds = {
  sse: () => [new Client(info), new SSEClientTransport(target)],
  streamable: () => [new Client(info), new StreamableHTTPClientTransport(target)],
  newest: () => [
    new v2.Client(info, { versionNegotiation: { mode: 'auto' } }),
    new v2.StreamableHTTPClientTransport(target),
  ],
};
const [client, transport] = kinds[kind]();
await client.connect(transport);
const { tools } = await client.listTools();
const { content } = await client.callTool({ name: tools[0].name, arguments: { name: 'Ada' } });
const version = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion ?? 'any';
console.log(\`\${content[0].text} \${version} \${transport.sessionId ? 'session' : 'none'}\`);
await transport.terminateSession?.();
await client.close();
`;

const SERVED = {
  sse: /^Hello, Ada! /,
  streamable: /^Hello, Ada! 2025-11-25 session$/,
  newest: /^Hello, Ada! 2026-07-28 none$/,
};

async function expectServed(folder, port, kind, path = '/sse') {
  const visitor = new Program(folder, ['visitor.mjs', kind, `http://127.0.0.1:${port}${path}`]);
  assert.equal(await visitor.ended, 0, visitor.stderr);
  assert.match(visitor.stdout.trim(), SERVED[kind]);
}

/** Serves `app.js`, and lets clients of these kinds visit it. */
function visited(folder, app, ...visits) {
  return async () => {
    await writeFile(join(folder, 'app.js'), app);
    await whileServing(folder, 'app.js', {}, async (port) => {
      for (const [kind, path] of visits) await expectServed(folder, port, kind, path);
    });
  };
}

/** All steps of the page, and the command that it ends with. */
export async function oneUrl(folder, tarball) {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(folder, 'visitor.mjs'), VISITOR);
  await writeFile(join(folder, 'server.js'), block('js', MOVING));
  const had = 'npm install express @modelcontextprotocol/sdk zod @modelcontextprotocol/client';
  const ready = await check('an application that serves one transport, by SDK v1', () =>
    install(folder, had, tarball),
  );
  if (!ready) return;
  await check(
    'docs/one-url.md, before: SSEServerTransport',
    visited(folder, block('js', SSE), ['sse']),
  );
  await check(
    'docs/one-url.md, before: StreamableHTTPServerTransport',
    visited(folder, OLD_STREAMABLE, ['streamable', '/mcp']),
  );
  await check(`docs/one-url.md: ${installLine(SSE)}`, () =>
    install(folder, installLine(SSE), tarball),
  );
  await check(
    'docs/one-url.md: the same clients, moved from SSEServerTransport',
    visited(folder, block('js', 'After `npm install express-mcp-sse`:'), ['sse']),
  );
  await check(
    'docs/one-url.md: both kinds at one URL, moved from StreamableHTTPServerTransport',
    visited(folder, withOneUrl(OLD_STREAMABLE), ['sse'], ['streamable'], ['streamable', '/mcp']),
  );
  await check(`docs/one-url.md: ${installLine(NEWEST)}`, () =>
    install(folder, installLine(NEWEST), tarball),
  );
  await check('docs/one-url.md: every era at one URL, with SDK v2', async () => {
    await writeFile(join(folder, 'server-v2.js'), block('js', NEWEST));
    const app = block('js', 'To give them sessions:');
    await visited(folder, app, ['sse'], ['streamable'], ['newest'], ['newest', '/mcp'])();
  });
  await check('docs/one-url.md: npx … express-mcp-sse demo', () => demo(folder, tarball));
}

/** The page's command, with the tarball and another port. */
async function demo(folder, tarball) {
  const port = await freePort();
  const line = block('sh', '## A server to try clients with').trim();
  const [npx, ...words] = line.split(' ');
  const isPackage = (index) => words[index - 1] === '-p';
  const args = words.map((word, index) => (isPackage(index) ? pinned(word, tarball) : word));
  // npx installs nothing that a project around it has.
  const empty = join(folder, '..', 'demo');
  await mkdir(empty);
  const program = new Program(empty, ['-y', ...args, '--port', String(port)], {}, npx);
  try {
    await program.prints('for clients of every era');
    const visitor = join(folder, 'visitor.mjs');
    for (const [kind, how] of [
      ['sse', 'HTTP+SSE'],
      ['streamable', '2025'],
      ['newest', '2026-07-28'],
    ]) {
      const client = new Program(folder, [visitor, kind, `http://127.0.0.1:${port}/sse`]);
      assert.equal(await client.ended, 0, client.stderr);
      assert.match(client.stdout, new RegExp(`^by .*${how.replace('+', '\\+')}`));
    }
  } finally {
    await program.stop('SIGTERM');
  }
}
