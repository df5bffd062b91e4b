// What stands between clients and a server: nginx, haproxy, middleware, mounts, pools. For each,
// three things are checked with a real client, and of each check that it can fail: events arrive at
// once, the announced URL is right with no configuration, and a stream on which nothing happens
// lives for longer than 30 seconds.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

import { install } from '../../scripts/install.js';
import type { Report } from '../../scripts/report.js';
import { lastingPort } from '../support/lasting-port.js';
import { runProgram } from '../support/program/program.js';
import { TestServer } from '../support/program/test-server.js';
import { callTools, delayOfEvents, stayIdle, type Target } from './checks.js';
import { haproxyConfig, nginxConfig, type Route } from './configs.js';
import { httpPool, undiciPool, type Pool } from './pools.js';
import { isInstalled, ProxyProcess, type ProxyName } from './programs.js';
import { SETUPS, type CheckName, type Fault, type ServerSetup, type Setup } from './setups.js';

const UNDICI = '7.30.2';
/** An event may take this much longer than with nothing in between. */
const TOLERANCE_MS = 100;
const CHECKS: readonly CheckName[] = ['delay', 'endpoint', 'idle'];

/** One check of one set-up, whole or with a fault, on a server of its own. */
interface Case {
  readonly setup: Setup;
  readonly check: CheckName;
  readonly fault: Fault | undefined;
  readonly server: TestServer;
  readonly pool: Pool;
  /** Where a proxy listens for it. */
  readonly proxyPort: number | undefined;
}

await runProgram({
  name: 'test:proxies',
  flags: { only: { default: '', help: 'only the set-ups with this in their names' } },
  async run({ only }, report) {
    const setups = SETUPS.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
    for (const { name, proxy } of setups.filter((setup) => !isPossible(setup))) {
      report.skip(name, `${String(proxy?.name)} is not installed`);
    }
    const cases = await openCases(setups.filter(isPossible));
    const proxies = await startProxies(cases);
    try {
      await checkAll(cases, report);
    } finally {
      await Promise.all(cases.map(({ pool }) => pool.close()));
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      await Promise.all(cases.map(({ server }) => server.close()));
    }
  },
});

async function checkAll(cases: readonly Case[], report: Report): Promise<void> {
  const those = (check: CheckName): Case[] => cases.filter((each) => each.check === check);
  const idling = those('idle').map((each) => {
    return conclude(each, 'a stream outlives 30 idle seconds', stayIdle(targetOf(each)), report);
  });
  await checkDelays(those('delay'), report);
  for (const each of those('endpoint')) {
    const calls = callTools(targetOf(each));
    await conclude(each, 'tools are called at the announced URL', calls, report);
  }
  await Promise.all(idling);
}

/** One after the other, since they measure. */
async function checkDelays(cases: readonly Case[], report: Report): Promise<void> {
  const direct = await delayOfDirectEvents();
  for (const each of cases) {
    const measure = async (): Promise<string> => {
      const delay = await delayOfEvents(targetOf(each));
      if (delay > direct + TOLERANCE_MS) throw new Error(`${delay} ms`);
      return `${delay.toFixed(1)} ms`;
    };
    await conclude(each, 'events arrive at once', measure(), report);
  }
}

/** With nothing in between. */
async function delayOfDirectEvents(): Promise<number> {
  const [pool, server] = [httpPool(), await openServer({})];
  try {
    const url = `http://127.0.0.1:${server.port}/sse`;
    return await delayOfEvents({ server, url, fetch: pool.fetch, pooled: false });
  } finally {
    pool.close();
    await server.close();
  }
}

/** A fault must be noticed. */
async function conclude(
  { setup, fault }: Case,
  what: string,
  work: Promise<string | void>,
  report: Report,
): Promise<void> {
  if (fault) await report.checkFails(`${setup.name}, with ${fault.name}: noticed`, work);
  else await report.check(`${setup.name}: ${what}`, work);
}

function isPossible({ proxy }: Setup): boolean {
  return proxy === undefined || isInstalled(proxy.name);
}

async function openCases(setups: readonly Setup[]): Promise<Case[]> {
  const wanted = setups.flatMap((setup) =>
    CHECKS.flatMap((check) => {
      const fault = setup.faults[check];
      return [{ setup, check, fault: undefined }, ...(fault ? [{ setup, check, fault }] : [])];
    }),
  );
  const undici = await install('proxies', { undici: UNDICI });
  const ports = await distinctPorts(wanted.length);
  return Promise.all(
    wanted.map(async ({ setup, check, fault }, index) => ({
      setup,
      check,
      fault,
      server: await openServer(fault?.server ?? setup.server),
      pool: setup.pool === 'http' ? httpPool() : undiciPool(undici),
      proxyPort: setup.proxy && ports[index],
    })),
  );
}

async function distinctPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await lastingPort());
  return [...ports];
}

/** A server with one tool. */
function openServer({ options, ...around }: ServerSetup): Promise<TestServer> {
  const server = (): McpServer => {
    const mcp = new McpServer({ name: 'behind', version: '1.0.0' });
    mcp.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({
      content: [{ type: 'text', text }],
    }));
    return mcp;
  };
  return TestServer.open({ ...around, mcp: { ...options, server } });
}

async function startProxies(cases: readonly Case[]): Promise<ProxyProcess[]> {
  const configs = { nginx: nginxConfig, haproxy: haproxyConfig };
  const started: ProxyProcess[] = [];
  for (const [name, config] of Object.entries(configs)) {
    const routes = cases.flatMap(({ setup: { proxy }, fault, server, proxyPort }): Route[] => {
      if (proxy?.name !== name || proxyPort === undefined) return [];
      return [{ port: proxyPort, serverPort: server.port, rules: fault?.rules ?? proxy.rules }];
    });
    const [first] = routes;
    if (!first) continue;
    started.push(await ProxyProcess.start(name as ProxyName, first.port, config(routes)));
  }
  return started;
}

function targetOf({ setup, server, pool, proxyPort }: Case): Target {
  const { path = '/sse' } = setup;
  const url = `http://127.0.0.1:${proxyPort ?? server.port}${path}`;
  return { server, url, fetch: pool.fetch, pooled: setup.pool !== undefined };
}
