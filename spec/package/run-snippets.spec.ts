import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { eventually } from '../support/eventually.js';
import { textOf } from '../support/run-example.js';
import { lastingPort } from '../support/lasting-port.js';
import { ScriptProcess } from '../support/script-process.js';
import { ROOT, snippets, type Snippet } from '../support/snippets.js';

// Inside the repository, so that they find its packages; ignored by all tools.
const TMP = `${ROOT}.tmp/`;
let folder = '';
/** For what starts a process. */
const SLOW = { timeout: 180_000 };
/** Where the snippets listen. */
const PORT = '3000';

beforeAll(async () => {
  await mkdir(TMP, { recursive: true });
  folder = await mkdtemp(`${TMP}snippets-`);
});
afterAll(() => rm(folder, { recursive: true }));

const runnable = snippets().filter((snippet) => snippet.runnable);
const isServer = ({ code }: Snippet): boolean => code.includes(`listen(${PORT}`);

describe.each(runnable.filter(isServer))('the server of $place', (snippet) => {
  it('serves its tool to a client', SLOW, async () => {
    const client = await connect(await start(snippet));
    const [tool] = (await client.listTools()).tools;
    const { name = '' } = tool ?? {};
    const result = await client.callTool({ name, arguments: { name: 'Ada' } });
    expect(textOf(result)).toMatch(/Hello, Ada!|\d{4}-\d{2}-\d{2}T/);
  });
});

describe.each(runnable.filter((snippet) => !isServer(snippet)))('$place', (snippet) => {
  it('runs to its end', SLOW, async () => {
    const script = await run(snippet, snippet.code, 0);
    const { code } = await script.ended;
    expect(code, script.stdout + script.stderr).toBe(0);
  });
});

/** Runs a server on a free port instead of its own, and returns that. */
async function start(snippet: Snippet): Promise<number> {
  const port = await lastingPort();
  // Once this is printed the server listens: it began to before.
  const ready = "\nsetImmediate(() => console.log('ready'));\n";
  const code = snippet.code.replaceAll(PORT, String(port)) + ready;
  const script = await run(snippet, code, port);
  const settled = (): boolean => script.stdout.includes('ready') || !script.running;
  await eventually(settled, `the start of ${snippet.place}`, 60_000);
  if (script.running) return port;
  await script.ended;
  // Somebody else took the port meanwhile.
  if (script.stderr.includes('EADDRINUSE')) return start(snippet);
  throw new Error(script.stderr);
}

async function run({ place }: Snippet, code: string, port: number): Promise<ScriptProcess> {
  const file = `${folder}/${place.replace(/\W/g, '-')}-${port}.ts`;
  await writeFile(file, code);
  const script = new ScriptProcess(file, port);
  onTestFinished(async () => {
    script.kill('SIGKILL');
    await script.ended;
  });
  return script;
}

async function connect(port: number): Promise<Client> {
  const client = new Client({ name: 'spec', version: '1.0.0' });
  await client.connect(new SSEClientTransport(new URL(`http://127.0.0.1:${port}/sse`)));
  onTestFinished(() => client.close());
  return client;
}
