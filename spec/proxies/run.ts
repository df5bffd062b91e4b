// What stands between clients and a server: nginx, haproxy, middleware, mounts, pools. For each,
// three things are checked with a real client, and of each check that it can fail: events arrive at
// once, the announced URL is right with no configuration, and a stream on which nothing happens
// lives for longer than 30 seconds.
//
//   npm run test:proxies         (needs nginx and haproxy: apt-get install nginx haproxy)
import { install } from '../../scripts/install.js';
import { Report } from '../../scripts/report.js';
import { callTools, delayOfEvents, idle, type Place } from './checks.js';
import { haproxyConfig, nginxConfig, type Route } from './configs.js';
import { httpPool, undiciPool, type Pool } from './pools.js';
import { freePorts, isInstalled, ProxyProcess, type ProxyName } from './programs.js';
import { SETUPS, type CheckName, type Fault, type Setup } from './setups.js';
import { Site } from './site.js';

const UNDICI = '7.30.2';
/** An event may take so much longer than with nothing in between. */
const TOLERANCE_MS = 100;
const CHECKS: readonly CheckName[] = ['delay', 'endpoint', 'idle'];

/** One check of one set-up, whole or with a fault, on a server of its own. */
interface Case {
  readonly setup: Setup;
  readonly check: CheckName;
  readonly fault: Fault | undefined;
  readonly site: Site;
  readonly pool: Pool;
  /** Where a proxy listens for it. */
  readonly proxyPort: number | undefined;
}

const report = new Report();
const undici = await install('proxies', { undici: UNDICI });
const cases = await openCases();
const proxies = await startProxies(cases);
try {
  const idling = cases.filter(({ check }) => check === 'idle').map(runIdle);
  await runDelays(cases.filter(({ check }) => check === 'delay'));
  for (const each of cases.filter(({ check }) => check === 'endpoint')) {
    await conclude(each, 'tools are called at the announced URL', callTools(placeOf(each)));
  }
  await Promise.all(idling);
} finally {
  await Promise.all(cases.map(({ pool }) => pool.close()));
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await Promise.all(cases.map(({ site }) => site.close()));
}
report.close();

async function openCases(): Promise<Case[]> {
  const wanted = SETUPS.flatMap((setup) => {
    if (setup.proxy && !isInstalled(setup.proxy.name)) {
      console.log(`skipped: ${setup.name}: ${setup.proxy.name} is not installed`);
      return [];
    }
    return CHECKS.flatMap((check) => {
      const fault = setup.faults[check];
      return [{ setup, check, fault: undefined }, ...(fault ? [{ setup, check, fault }] : [])];
    });
  });
  const ports = await freePorts(wanted.length);
  return Promise.all(
    wanted.map(async ({ setup, check, fault }, index) => ({
      setup,
      check,
      fault,
      site: await Site.open(fault?.site ?? setup.site),
      pool: setup.pool === 'http' ? httpPool() : undiciPool(undici),
      proxyPort: setup.proxy && ports[index],
    })),
  );
}

async function startProxies(all: readonly Case[]): Promise<ProxyProcess[]> {
  const configs = { nginx: nginxConfig, haproxy: haproxyConfig };
  const started: ProxyProcess[] = [];
  for (const [name, config] of Object.entries(configs)) {
    const routes = all.flatMap(({ setup: { proxy }, fault, site, proxyPort }): Route[] => {
      if (proxy?.name !== name || proxyPort === undefined) return [];
      return [{ port: proxyPort, serverPort: site.port, rules: fault?.rules ?? proxy.rules }];
    });
    const [first] = routes;
    if (!first) continue;
    started.push(await ProxyProcess.start(name as ProxyName, first.port, config(routes)));
  }
  return started;
}

function placeOf({ setup, site, pool, proxyPort }: Case): Place {
  const { path = '/sse' } = setup;
  const url = `http://127.0.0.1:${proxyPort ?? site.port}${path}`;
  return { site, url, fetch: pool.fetch, pooled: setup.pool !== undefined };
}

/** One after the other: they measure. The first one has nothing in between. */
async function runDelays(all: readonly Case[]): Promise<void> {
  const direct = await delayOfEvents(placeOf(all[0]!));
  for (const each of all) {
    const measure = async (): Promise<void> => {
      const delay = await delayOfEvents(placeOf(each));
      if (delay > direct + TOLERANCE_MS) throw new Error(`${delay} ms`);
      figure = `${delay.toFixed(1)} ms`;
    };
    let figure = 'late';
    const outcome = measure();
    await outcome.catch(() => undefined);
    await conclude(each, `events arrive at once (${figure})`, outcome);
  }
}

function runIdle(each: Case): Promise<void> {
  return conclude(each, 'a stream outlives 30 idle seconds', idle(placeOf(each)));
}

/** A fault must be noticed. */
async function conclude({ setup, fault }: Case, what: string, work: Promise<void>): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => String(reason).split('\n')[0]?.slice(0, 100),
  );
  if (!fault) report.add(`${setup.name}: ${what}`, error);
  else {
    const name = `${setup.name}, with ${fault.name}: noticed`;
    report.add(error === undefined ? name : `${name} (${error})`, error ? undefined : 'it was not');
  }
}
