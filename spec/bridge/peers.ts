// Upstreams in other languages, where their tool chains are there.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { Report } from '../../scripts/report.js';
import { lastingPort } from '../support/lasting-port.js';
import { until } from '../support/program/waiting.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const place = (name: string): string => `${ROOT}.tmp/bridge/${name}`;
const source = (name: string): string => fileURLToPath(new URL(`peers/${name}`, import.meta.url));

interface Peer {
  readonly name: string;
  /** Whether it can be asked for roots by one of an earlier protocol. */
  readonly asks: boolean;
  /** Installs it; resolves to its command. @throws Error when it cannot be had here */
  prepare(): Promise<string[]>;
}

export const PEERS: readonly Peer[] = [
  { name: 'Python SDK 1.30.0', asks: true, prepare: () => python('1.30.0') },
  { name: 'Python SDK 2.3.0', asks: true, prepare: () => python('2.3.0') },
  {
    name: 'Go SDK 1.8.0',
    asks: true,
    async prepare() {
      const binary = place('go-server');
      await mkdir(place(''), { recursive: true });
      await run('go', ['build', '-o', binary, '.'], { cwd: source('go'), timeout: 300_000 });
      return [binary];
    },
  },
];

async function python(version: string): Promise<string[]> {
  const folder = place(`python-${version}`);
  const command = [`${folder}/bin/python`, source('server.py')];
  const done = await access(`${folder}/done`).then(
    () => true,
    () => false,
  );
  if (done) return command;
  await run('python3', ['-m', 'venv', folder], { timeout: 120_000 });
  await run(`${folder}/bin/pip`, ['install', '-q', `mcp==${version}`], { timeout: 300_000 });
  await mkdir(`${folder}/done`);
  return command;
}

/** Makes `check` of each peer, over stdio and over Streamable HTTP. */
export async function checkPeers(
  report: Report,
  check: (name: string, upstream: string | string[], asks: boolean) => Promise<void>,
): Promise<void> {
  for (const { name, asks, prepare } of PEERS) {
    const command = await prepare().catch((error: unknown) => {
      report.skip(name, error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown');
      return undefined;
    });
    if (!command) continue;
    await check(`${name} over stdio`, command, asks);
    const port = await lastingPort();
    const [program = '', ...args] = command;
    const address = name.startsWith('Go') ? `127.0.0.1:${port}` : String(port);
    const server = spawn(program, [...args, address], { stdio: 'ignore' });
    const exit = once(server, 'exit');
    await until(async () => ((await listens(port)) ? undefined : `${name} does not listen`));
    const path = name.startsWith('Go') ? '' : 'mcp';
    await check(`${name} over Streamable HTTP`, `http://127.0.0.1:${port}/${path}`, asks);
    server.kill();
    await exit;
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
