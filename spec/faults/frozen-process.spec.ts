import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { newJournal } from '../support/sdk/tools.js';
import { v2McpServer } from '../support/sdk/v2-servers.js';
import { untilConnections } from '../support/open-sockets.js';
import { serve, type Served } from '../support/serve.js';

const PROGRAM = fileURLToPath(new URL('programs/reader.ts', import.meta.url));
const PATIENCE_MS = 20_000;

/** An SDK client in a process that the spec stops (SIGSTOP) and lets go on (SIGCONT). */
class Reader {
  readonly lines: string[] = [];

  private constructor(private readonly child: ChildProcess) {
    let rest = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
    });
  }

  static async connect(url: string): Promise<Reader> {
    const child = fork(PROGRAM, [`${url}/sse`], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const reader = new Reader(child);
    await reader.says('connected');
    return reader;
  }

  stop(): void {
    this.child.kill('SIGSTOP');
  }

  goOn(): void {
    this.child.kill('SIGCONT');
  }

  says(line: string): Promise<void> {
    return eventually(() => this.lines.includes(line), `"${line}" of the client`, PATIENCE_MS);
  }
}

interface Frozen extends Served<unknown> {
  readonly reader: Reader;
  readonly reasons: string[];
}

async function serveReader(options: McpSseOptions): Promise<Frozen> {
  const reasons: string[] = [];
  const served = await serve({
    server: () => v2McpServer(newJournal()),
    ...options,
    hooks: { onSessionClose: (_, reason) => reasons.push(reason) },
  });
  return { ...served, reasons, reader: await Reader.connect(served.url) };
}

/** The connection is gone too, though its other end cannot have noticed. */
async function expectGone({ mcp, server, reader }: Frozen): Promise<void> {
  expect(mcp.sessions.size).toBe(0);
  await untilConnections(server, 0);
  expect(reader.lines).not.toContain('gone');
  reader.goOn();
  await reader.says('gone');
}

// Kills: pings that nobody waits for the answers of.
it('closes the session of a frozen client by pings', { timeout: 60_000 }, async () => {
  const frozen = await serveReader({
    // It is stopped between two pings: in the middle of a POST it would keep that connection,
    // until Node's own `requestTimeout`.
    keepAlive: { intervalMs: 1_500, ping: 'strict', timeoutMs: 4_000 },
    resume: false,
  });
  frozen.reader.stop();
  await eventually(() => frozen.reasons.length > 0, 'the end of the session', PATIENCE_MS);
  expect(frozen.reasons).toEqual(['ping-timeout']);
  await expectGone(frozen);
});

it(
  'closes the session of a frozen client by its unread messages',
  { timeout: 60_000 },
  async () => {
    const frozen = await serveReader({ limits: { writeTimeoutMs: 500 }, resume: false });
    frozen.reader.stop();
    const [session] = frozen.mcp.sessions;
    const text = 'x'.repeat(1_000_000);
    while (session!.state === 'open')
      await session!.notify('flood', { text }).catch(() => undefined);
    expect(frozen.reasons).toEqual(['write-timeout']);
    await expectGone(frozen);
  },
);

it('shuts down with a frozen client that has unread messages', { timeout: 60_000 }, async () => {
  const frozen = await serveReader({ resume: false });
  frozen.reader.stop();
  for (const session of frozen.mcp.sessions) {
    void session.notify('flood', { text: 'x'.repeat(14_000_000) });
  }
  await frozen.mcp.close({ timeoutMs: 300 });
  expect(frozen.reasons).toEqual(['shutdown']);
  await expectGone(frozen);
});

it('loses nothing of a client that is frozen and goes on', { timeout: 60_000 }, async () => {
  const { mcp, reader, reasons } = await serveReader({ keepAlive: false });
  const [session] = mcp.sessions;
  reader.stop();
  const numbers = Array.from({ length: 300 }, (_, n) => n);
  for (const n of numbers) void session!.notify('n', { n, text: 'x'.repeat(20_000) });
  await eventually(() => session!.bufferedBytes > 0, 'a reader that is behind');
  reader.goOn();
  await reader.says('n 299');
  expect(reader.lines.filter((line) => line.startsWith('n '))).toEqual(
    numbers.map((n) => `n ${n}`),
  );
  expect(reasons).toEqual([]);
});
