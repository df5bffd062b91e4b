// Runs the published conformance suite of MCP, its server scenarios of protocol 2025-11-25, against
// examples/everything over HTTP+SSE: the suite's client transport, which is Streamable HTTP, is
// replaced by the SDK's SSE client. Then as it is, over Streamable HTTP, against a handler of the SDK
// that is `streamableHttp` at the same URL: what passes with the handler alone must. Then over HTTP+SSE against
// a bridge, in front of the same server as Streamable HTTP and stdio, and of one that speaks 2026-07-28
// only. Installs the suite below .tmp/conformance.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { install } from './install.js';
import { Report } from './report.js';

const SUITE = '0.1.16';
const SDK = '1.32.2';
const NODE = '24';
const PROTOCOL = '2025-11-25';

/**
 * Scenarios about the wire of Streamable HTTP: they send requests of their own to the URL, past the
 * transport. With each, the checks that do not succeed for that reason. All others must, and a
 * scenario that succeeds here is an error too: then it does not belong into this table.
 */
const OTHER_WIRE: Readonly<Record<string, { reason: string; checks: readonly string[] }>> = {
  'server-sse-polling': {
    reason: 'POSTs a tool call to the URL of the stream and resumes the stream of its answer',
    checks: ['ServerSSEPollingSession', 'ServerSSEPostRequest'],
  },
  'server-sse-multiple-streams': {
    reason: 'wants Mcp-Session-Id, and several POSTs that are answered by a stream each',
    checks: ['ServerSSEMultipleStreamsSession'],
  },
  'dns-rebinding-protection': {
    reason: 'POSTs to the URL of the stream: a hostile Host is refused, a good one gets 405',
    checks: ['LocalhostHostAccepted'],
  },
};

interface Check {
  readonly name: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

type Outcome = Map<string, Check[]>;

const root = fileURLToPath(new URL('..', import.meta.url));
const hook = fileURLToPath(new URL('conformance/over-sse.mjs', import.meta.url));
const report = new Report();

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs a server of this repository while `work` has its URL. */
async function withServer(name: string, work: (url: string) => Promise<void>): Promise<void> {
  const port = await freePort();
  const example = spawn(process.execPath, ['--import', 'tsx', join(root, name)], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(example, 'exit');
  try {
    const gone = exit.then(() => Promise.reject(new Error(`${name} does not start`)));
    await Promise.race([once(example.stdout, 'data'), gone]);
    gone.catch(() => undefined);
    await work(`http://127.0.0.1:${port}/sse`);
  } finally {
    example.kill();
    await exit;
  }
}

/** Runs the suite, over SSE or as it is, and resolves to the checks of each scenario. */
async function suite(url: string, overSse: boolean, ...options: string[]): Promise<Outcome> {
  const place = await install('conformance', {
    '@modelcontextprotocol/conformance': SUITE,
    '@modelcontextprotocol/sdk': SDK,
  });
  const program = join(place, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
  const results = await mkdtemp(join(tmpdir(), 'conformance-'));
  const node = ['-y', '-p', `node@${NODE}`, 'node', ...(overSse ? ['--import', hook] : [])];
  const command = [program, 'server', '--url', url, '--output-dir', results, ...options];
  try {
    // It exits with an error where a check fails; what counts is what it has written down.
    await new Promise<void>((resolve) => {
      execFile('npx', [...node, ...command], { timeout: 120_000 }, () => {
        resolve();
      });
    });
    return await readResults(results);
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}

async function readResults(folder: string): Promise<Outcome> {
  const found: Outcome = new Map();
  for (const name of await readdir(folder)) {
    const scenario = /^server-(.+?)-\d{4}-\d\d-\d\dT/.exec(name)?.[1];
    if (scenario === undefined) continue;
    const checks = await readFile(join(folder, name, 'checks.json'), 'utf8');
    found.set(scenario, JSON.parse(checks) as Check[]);
  }
  return found;
}

/** What is wrong with the outcome of a scenario. */
function faultOf(scenario: string, checks: readonly Check[]): string | undefined {
  const bad = checks.filter(({ status }) => status !== 'SUCCESS' && status !== 'INFO');
  const wire = OTHER_WIRE[scenario];
  if (wire === undefined) {
    if (!checks.some(({ status }) => status === 'SUCCESS')) return 'nothing was checked';
    if (bad.length === 0) return undefined;
    return bad.map(({ name, errorMessage }) => `${name}: ${errorMessage ?? ''}`).join('; ');
  }
  const names = bad.map(({ name }) => name);
  if (names.join() === wire.checks.join()) return undefined;
  return `${names.join(', ') || 'nothing'} fails, and not ${wire.checks.join(', ')}`;
}

async function main(): Promise<void> {
  await withServer('examples/everything/server.ts', async (url) => {
    await checkOverSse(url, '');
    // The suite can fail: it did not speak Streamable HTTP above, and it does look at the server.
    await mustFail('without the replacement, the same scenario fails', url, false);
  });
  await withServer('examples/no-sdk/server.ts', (url) =>
    mustFail('a server without the tool fails the scenario', url, true),
  );
  await withServer('scripts/conformance/one-url.ts', compareAtOneUrl);
  await withServer('scripts/conformance/bridged.ts', async (url) => {
    await checkOverSse(url, 'bridge to Streamable HTTP: ');
    await checkOverSse(new URL('/stdio/sse', url).href, 'bridge to stdio: ');
    await checkOverSse(new URL('/modern/sse', url).href, 'bridge to 2026-07-28: ');
  });
}

async function checkOverSse(url: string, place: string): Promise<void> {
  const outcome = await suite(url, true, '--suite', 'all', '--spec-version', PROTOCOL);
  for (const [scenario, checks] of [...outcome].sort()) {
    const wire = OTHER_WIRE[scenario];
    const note = wire ? ` (Streamable HTTP: ${wire.reason})` : '';
    report.add(place + scenario + note, faultOf(scenario, checks));
  }
  const whole = outcome.size >= 32 && Object.keys(OTHER_WIRE).every((name) => outcome.has(name));
  report.add(`${place}the suite is whole`, whole ? undefined : `${outcome.size} scenarios ran`);
}

/** Every scenario must end at the URL of the stream as it does with the handler alone. */
async function compareAtOneUrl(url: string): Promise<void> {
  const options = ['--suite', 'all', '--spec-version', PROTOCOL];
  const alone = await suite(new URL('/alone', url).href, false, ...options);
  const atOneUrl = await suite(url, false, ...options);
  let passed = 0;
  for (const [scenario, checks] of [...alone].sort()) {
    const fails = statusesOf(checks).filter((line) => !/ (?:SUCCESS|INFO)$/.test(line));
    if (fails.length === 0) passed += 1;
    const note = fails.length === 0 ? '' : ` (alone: ${fails.join(', ')})`;
    const [want, got] = [checks, atOneUrl.get(scenario) ?? []].map((one) => statusesOf(one).join());
    report.add(`one URL: ${scenario}${note}`, got === want ? undefined : `${got}, not ${want}`);
  }
  report.add('one URL: most of it passes alone', passed >= 30 ? undefined : `${passed} did`);
}

function statusesOf(checks: readonly Check[]): string[] {
  return checks.map(({ name, status }) => `${name} ${status}`);
}

async function mustFail(name: string, url: string, overSse: boolean): Promise<void> {
  const scenario = 'tools-call-simple-text';
  const checks = (await suite(url, overSse, '--scenario', scenario)).get(scenario) ?? [];
  report.add(name, checks.some(({ status }) => status === 'FAILURE') ? undefined : 'it did not');
}

await main();
report.close();
