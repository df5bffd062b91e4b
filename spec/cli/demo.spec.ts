import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { CLIENTS } from '../support/every-client.js';

const PROGRAM = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));
const SLOW_MS = 60_000;

const args = ['--import', 'tsx', PROGRAM, 'demo', '--port', '0'];
const program = spawn(process.execPath, args);
const exit = once(program, 'close');
let [out, err] = ['', ''];
program.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
program.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));

let url = new URL('http://127.0.0.1/');

beforeAll(async () => {
  await eventually(() => out.includes('tools:') || program.exitCode !== null, 'its start', SLOW_MS);
  url = new URL(/http:\S+/.exec(out)?.[0] ?? expect.fail(err));
}, SLOW_MS);

afterAll(async () => {
  program.kill('SIGTERM');
  expect([await exit, err]).toEqual([[0, null], '']);
  expect(out.trimEnd()).toMatch(/ended$/);
}, SLOW_MS);

const HOW: Readonly<Record<string, string>> = {
  'HTTP+SSE': 'by a session of HTTP+SSE',
  legacy: 'by Streamable HTTP with initialize, as of 2025',
  modern: 'by Streamable HTTP without sessions, as of 2026-07-28',
};

async function textOf(
  client: { callTool(params: { name: string }): Promise<unknown> },
  name: string,
) {
  const { content } = (await client.callTool({ name })) as { content: { text: string }[] };
  return content[0]?.text;
}

it.each(CLIENTS)('tells a client its transport: %s', async (_, connect, era, sessions) => {
  const client = await connect(url);
  expect(await textOf(client, 'how')).toBe(HOW[sessions > 0 ? 'HTTP+SSE' : era]);
  await client.close();
});

const TRANSPORTS = { SSEClientTransport, StreamableHTTPClientTransport };

/** By each road there is a way to ask the client: a session, or one more round. */
it.each([
  ['SSEClientTransport', 'legacy'],
  ['StreamableHTTPClientTransport', 'legacy'],
  ['StreamableHTTPClientTransport', 'auto'],
] as const)('asks for a name, and reports progress: %s, %s', async (transport, mode) => {
  const client = new Client(
    { name: 'spec', version: '1' },
    { capabilities: { elicitation: {} }, versionNegotiation: { mode } },
  );
  client.setRequestHandler('elicitation/create', () => ({
    action: 'accept',
    content: { name: 'Ada' },
  }));
  await client.connect(new TRANSPORTS[transport](url));
  expect(await textOf(client, 'greet')).toBe('Hello, Ada!');
  const steps: number[] = [];
  const onprogress = ({ progress }: { progress: number }): void => void steps.push(progress);
  await client.callTool({ name: 'count', arguments: { to: 3 } }, { onprogress });
  expect(steps).toEqual([1, 2, 3]);
  await client.close();
});

it('keeps the session of a client of 2025 until the client ends it', async () => {
  const client = new Client({ name: 'spec', version: '1' });
  const transport = new StreamableHTTPClientTransport(url);
  await client.connect(transport);
  const { sessionId = '' } = transport;
  expect(sessionId).toHaveLength(36);
  await transport.terminateSession();
  const headers = { 'Mcp-Session-Id': sessionId, Accept: 'text/event-stream' };
  expect((await fetch(url, { headers })).status).toBe(404);
  await client.close();
});

it('has a dashboard, and logs clients that come and go', async () => {
  expect((await fetch(new URL('/dashboard/', url))).status).toBe(200);
  const client = new Client({ name: 'somebody', version: '7' });
  await client.connect(new SSEClientTransport(url));
  await eventually(() => out.includes('opened by somebody 7'), 'its line');
  await client.close();
  await eventually(() => /closed after \d+ s/.test(out), 'its end');
});
