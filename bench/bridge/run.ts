/**
 * `npm run bench:bridge`: what a bridge from HTTP+SSE to a stdio server adds to a call, beside
 * mcp-proxy and supergateway. The client and the stdio server are the same for all, and cost little;
 * without a bridge the client talks to the stdio server itself. Installs the others below .tmp/bench-bridge.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { install } from '../../scripts/install.js';
import { sseCaller, stdioCaller, type Caller } from './callers.js';

const VERSIONS = { 'mcp-proxy': '6.7.19', supergateway: '4.0.0' };
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STDIO = fileURLToPath(new URL('stdio-server.mjs', import.meta.url));
const TEXT = 'x'.repeat(64);

interface Subject {
  readonly name: string;
  /** The arguments of Node that start it, on a port. */
  readonly command: (port: number) => string[];
}

interface Sample {
  /** Milliseconds of one call, the median. */
  readonly p50: number;
  /** Milliseconds of CPU of the bridge for one call. */
  readonly cpu: number;
}

interface Row {
  readonly added: number;
  readonly cpu: number;
}

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    parallel: { type: 'string', default: '8' },
  },
});
const [calls, rounds, parallel] = [values.calls, values.rounds, values.parallel].map(Number) as [
  number,
  number,
  number,
];
// CPU is read from /proc.
if (!existsSync('/proc/self/stat')) throw new Error('needs Linux');

execFileSync('npm', ['run', 'build', '--silent'], { cwd: ROOT, stdio: 'inherit' });
const place = await install('bench-bridge', VERSIONS);
const server = [process.execPath, STDIO];
const subjects: Subject[] = [
  {
    name: 'express-mcp-sse bridge',
    command: (port) => [`${ROOT}dist/cli/main.js`, 'bridge', '--port', `${port}`, '--', ...server],
  },
  {
    name: `mcp-proxy ${VERSIONS['mcp-proxy']}`,
    command: (port) => [
      `${place}node_modules/mcp-proxy/dist/bin/mcp-proxy.mjs`,
      ...['--host', '127.0.0.1', '--port', `${port}`, '--server', 'sse', '--', ...server],
    ],
  },
  {
    name: `supergateway ${VERSIONS.supergateway}`,
    command: (port) => [
      `${place}node_modules/supergateway/dist/index.js`,
      ...['--port', `${port}`, '--logLevel', 'none', '--stdio', server.join(' ')],
    ],
  },
];

const samples = new Map<string, Sample[]>();
const direct: Sample[] = [];
for (let round = 0; round < rounds; round += 1) {
  direct.push(await measureDirect());
  // Each round begins with another one.
  const first = round % subjects.length;
  for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
    const taken = samples.get(subject.name) ?? [];
    taken.push(await measure(subject));
    samples.set(subject.name, taken);
  }
}
print();

function print(): void {
  const base = median(direct.map(({ p50 }) => p50));
  console.log(
    `\n${calls} calls, ${parallel} at a time, medians of ${rounds} rounds, Node ${process.version}`,
  );
  console.log(`no bridge: p50 ${base.toFixed(3)} ms\n`);
  console.log('| bridge | p50 ms | added p50 ms | CPU ms of a call |\n| --- | --- | --- | --- |');
  const rows = [...samples].map(([name, taken]) => {
    const p50 = median(taken.map((sample) => sample.p50));
    return { name, p50, added: p50 - base, cpu: median(taken.map((sample) => sample.cpu)) };
  });
  for (const { name, p50, added, cpu } of rows) {
    console.log(`| ${name} | ${p50.toFixed(3)} | ${added.toFixed(3)} | ${cpu.toFixed(3)} |`);
  }
  const [ours, ...others] = rows;
  if (!ours) return;
  const ratio = (of: (row: Row) => number): string =>
    (of(ours) / Math.min(...others.map(of))).toFixed(2);
  console.log(
    `\nours beside the better one: added p50 × ${ratio((row) => row.added)}, CPU × ${ratio((row) => row.cpu)} (target: 0.5)`,
  );
}

async function measure({ name, command }: Subject): Promise<Sample> {
  const port = await freePort();
  const child = spawn(process.execPath, command(port), { stdio: 'ignore' });
  try {
    const client = await connected(name, `http://127.0.0.1:${port}/sse`, child);
    const sample = await drive(client, child);
    await client.close();
    return sample;
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

async function measureDirect(): Promise<Sample> {
  const [command = '', ...args] = server;
  const client = stdioCaller(command, args);
  const sample = await drive(client);
  await client.close();
  return sample;
}

/** Tries until it listens. */
async function connected(name: string, url: string, child: ChildProcess): Promise<Caller> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await sseCaller(url);
    } catch (error) {
      if (attempt === 100 || child.exitCode !== null) throw new Error(name, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function drive(client: Caller, child?: ChildProcess): Promise<Sample> {
  await client.call('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1.0.0' },
  });
  await run(client, calls);
  const before = cpuOf(child);
  const times = await run(client, calls);
  return { p50: median(times), cpu: (cpuOf(child) - before) / calls };
}

async function run(client: Caller, count: number): Promise<number[]> {
  const times: number[] = [];
  let left = count;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const began = performance.now();
      const result = await client.call('tools/call', { name: 'echo', arguments: { text: TEXT } });
      times.push(performance.now() - began);
      if (!JSON.stringify(result).includes(TEXT)) throw new Error('a wrong answer');
    }
  };
  await Promise.all(Array.from({ length: parallel }, one));
  return times;
}

/** Milliseconds of CPU that the process has taken, by hundredths of a second. */
function cpuOf(child: ChildProcess | undefined): number {
  if (child?.pid === undefined) return 0;
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}
