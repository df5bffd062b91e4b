// Clients of every era at one URL, in each of the ways in which a server may be set up.
import type { Report } from '../../../scripts/report.js';
import { checkExample } from './example.js';
import { Site, type SiteOptions } from './site.js';
import { visit, visitWithoutScope } from './visit.js';
import { visitors, type Visitor } from './visitors.js';

type NamedSite = readonly [name: string, options: SiteOptions];

const SITES: readonly NamedSite[] = [
  ['at `/sse`', {}],
  ['at `/api/sse`', { mount: '/api' }],
  ['with scopes', { auth: true }],
  ['two nodes', { twoNodes: true }],
  ['with sessions', { sessions: true }],
];

/** That a visit can fail: each of these must be noticed by a client that passes otherwise. */
const FAULTS: readonly {
  readonly broken: NonNullable<SiteOptions['broken']>;
  readonly name: string;
  readonly mode: string;
}[] = [
  { broken: 'routes by hand', name: 'SDK v1', mode: '`StreamableHTTPClientTransport`' },
  { broken: 'no streamableHttp', name: 'SDK v1', mode: '`StreamableHTTPClientTransport`' },
  { broken: 'no events', name: 'SDK v2', mode: '`SSEClientTransport`, mode `auto`' },
];
/** What does not come because of a fault is not waited for longer. */
const FAULT_MS = 3_000;

/**
 * Makes all visits, and returns them as a Markdown table for docs/compatibility.md.
 *
 * @param only visits with this in their titles; no faults then
 */
export async function checkOneUrl(only: string, report: Report): Promise<string> {
  const all = await visitors();
  const passed = new Map<string, boolean>();
  const waiting = [...SITES];
  const lane = async (): Promise<void> => {
    for (let site = waiting.shift(); site; site = waiting.shift()) {
      const [name] = site;
      const guests = all.filter((visitor) => isWanted(titleOf(name, visitor), only));
      if (guests.length > 0) await checkSite(site, guests, report, passed);
    }
  };
  const titled = all.map((visitor) => [titleOf('the example', visitor), visitor] as const);
  const wanted = titled.filter(([title]) => isWanted(title, only));
  // A visit mostly waits for processes to start.
  await Promise.all([lane(), lane()]);
  if (wanted.length > 0) await checkExample(new Map(wanted), report);
  if (only === '') for (const fault of FAULTS) await checkFault(fault, all, report);
  return table(all, passed);
}

const titleOf = (site: string, { name, version, mode }: Visitor): string =>
  `one URL, ${site}: ${name} ${version}, ${mode}`;

const isWanted = (title: string, only: string): boolean =>
  title.toLowerCase().includes(only.toLowerCase());

async function checkSite(
  [name, options]: NamedSite,
  guests: readonly Visitor[],
  report: Report,
  passed: Map<string, boolean>,
): Promise<void> {
  const site = await Site.open(options);
  for (const guest of guests) {
    const title = titleOf(name, guest);
    const problem = await problemOf(visitAll(site, guest, options));
    passed.set(title, problem === undefined);
    report.add(title, problem, `served by ${guest.servedBy}`);
  }
  await report.check(`one URL, ${name}: no session is left`, site.emptied());
  await site.close();
}

async function visitAll(
  site: Site,
  visitor: Visitor,
  { auth = false }: SiteOptions,
): Promise<void> {
  await visit(site, visitor);
  if (auth) await visitWithoutScope(site, visitor);
}

async function checkFault(
  { broken, name, mode }: (typeof FAULTS)[number],
  all: readonly Visitor[],
  report: Report,
): Promise<void> {
  const visitor = all.findLast((each) => each.name === name && each.mode === mode);
  if (!visitor) throw new Error(`there is no ${name}, ${mode}`);
  const site = await Site.open({ broken });
  await report.checkFails(`one URL, ${broken}: noticed by ${name}`, visit(site, visitor, FAULT_MS));
  await site.close();
}

function problemOf(work: Promise<void>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (reason: unknown) => String(reason),
  );
}

function table(all: readonly Visitor[], passed: ReadonlyMap<string, boolean>): string {
  const cell = (site: string, visitor: Visitor): string => {
    const outcome = passed.get(titleOf(site, visitor));
    if (outcome === undefined) return '–';
    return outcome ? 'yes' : 'fails';
  };
  const rows = all.map((visitor) => {
    const { name, version, mode, servedBy } = visitor;
    return [`${name} ${version}`, mode, servedBy, ...SITES.map(([site]) => cell(site, visitor))];
  });
  const head = ['client', 'transport or mode', 'served by', ...SITES.map(([name]) => name)];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
