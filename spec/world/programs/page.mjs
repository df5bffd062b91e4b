// The application that a page of the documentation shows: its blocks of code are written to files,
// each named by its first line, and run as they are, on a free port.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a page takes for granted: the reader's own MCP server, and an application of the host. */
const OWN = {
  'server.js': "export { createServer as createMcpServer } from '../../programs/server.mjs';",
  'app.module.js':
    "import { Module } from '@nestjs/common';\nexport class AppModule {}\nModule({})(AppModule);",
  'pages/index.js': "export default function Page() {\n  return 'Hello';\n}\n",
};
/** Pages whose host serves something of its own at `/`, in which this must be. */
const GREETS = ['next', 'fastify'];

process.env.NEXT_TELEMETRY_DISABLED = '1';

export async function startPage(name) {
  const folder = resolve('pages', name);
  const port = await freePort();
  const files = { ...OWN, ...(await blocksOf(name)) };
  await mkdir(`${folder}/pages`, { recursive: true });
  for (const [file, code] of Object.entries(files)) {
    await writeFile(`${folder}/${file}`, code.replaceAll('3000', String(port)));
  }
  process.chdir(folder);
  const main = ['main.js', 'main.ts'].find((file) => file in files);
  if (main) await import(pathToFileURL(`${folder}/${main}`));
  else await startVite(folder);
  await listening(port);
  const { mcp } = await import(pathToFileURL(`${folder}/mcp.js`));
  const errors = () => Object.entries(mcp.stats().totals.errors).filter(([, count]) => count > 0);
  const evidence = async () => !GREETS.includes(name) || (await home(port)).includes('Hello');
  return {
    mcp,
    evidence,
    server: { address: () => ({ port }) },
    get errors() {
      return errors().map(([code, message]) => ({ code, message: String(message) }));
    },
  };
}

async function startVite(folder) {
  const { createServer: createVite } = await import('vite');
  const configFile = `${folder}/vite.config.js`;
  // Vite bundles the file otherwise, and this program would not have the same `mcp`.
  const vite = await createVite({ configFile, configLoader: 'native', logLevel: 'silent' });
  await vite.listen();
}

async function blocksOf(name) {
  const text = await readFile(`pages/${name}.md`, 'utf8');
  const blocks = [...text.matchAll(/^```[jt]s\n(\/\/ (\S+)\n[^]*?)^```$/gm)];
  return Object.fromEntries(blocks.map(([, code, file]) => [file, code]));
}

async function home(port) {
  return (await fetch(`http://localhost:${port}/`)).text();
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** What a page starts may still be about to listen. */
async function listening(port) {
  const open = () =>
    new Promise((done) => {
      const socket = connect(port, 'localhost', () => done(true)).on('error', () => done(false));
      socket.on('connect', () => socket.destroy());
    });
  while (!(await open())) await new Promise((done) => setTimeout(done, 20));
}
