import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SubjectName } from '../subjects/index.js';
import { number, table } from './table.js';

interface Call {
  readonly functionName: string;
  readonly url: string;
}

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Call }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Where a sample belongs: the first that fits. What V8 itself does for a function is the function's. */
const places: readonly (readonly [name: string, fits: (call: Call) => boolean])[] = [
  ['garbage collection', ({ functionName }) => functionName === '(garbage collector)'],
  ['system calls', ({ functionName, url }) => url === '' && SYSTEM_CALLS.test(functionName)],
  ['this package', ({ url }) => /\/dist\/(?!.*node_modules)/.test(url) && !url.includes(MODULES)],
  ['the SDK and zod', ({ url }) => /@modelcontextprotocol|\/zod\//.test(url)],
  ['Express and its helpers', ({ url }) => url.includes(MODULES) && !url.includes('/tsx/')],
  ['node:http and below', ({ url }) => url.startsWith('node:')],
];
const SYSTEM_CALLS = /^(writev|write\w+String|writeBuffer|getpeername|close|shutdown)$/;
const MODULES = '/node_modules/';
const REST = 'the rest';

/** The part of the time, in percent, that the main thread of a server spent in each place. */
export type Shares = Readonly<Record<string, number>>;

/** By the profiles in `folder/<subject>` that are new, from the first request on. */
export function sharesOf(folder: string, subject: SubjectName, since: Date): Shares {
  const spent = new Map<string, number>();
  for (const file of mainThreads(join(folder, subject))) {
    if (statSync(file).mtime < since) continue;
    count(JSON.parse(readFileSync(file, 'utf8')) as Profile, spent);
  }
  const all = [...spent.values()].reduce((sum, micros) => sum + micros, 0);
  return Object.fromEntries([...spent].map(([place, micros]) => [place, (100 * micros) / all]));
}

/** The second number in the name of a profile is the thread's: 0 is the main one. */
function mainThreads(folder: string): string[] {
  const files = readdirSync(folder).filter((name) => /\.0\.\d+\.cpuprofile$/.test(name));
  return files.map((name) => join(folder, name));
}

function count({ nodes, samples, timeDeltas }: Profile, spent: Map<string, number>): void {
  const calls = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const first = samples.findIndex((id) => calls.get(id)?.url === 'node:_http_server');
  for (let at = first; at < samples.length; at++) {
    const call = calls.get(samples[at] ?? 0);
    if (call === undefined || call.functionName === '(idle)') continue;
    const place = places.find(([, fits]) => fits(call))?.[0] ?? REST;
    spent.set(place, (spent.get(place) ?? 0) + (timeDeltas[at] ?? 0));
  }
}

/** By subject. */
export type AllShares = Readonly<Record<string, Shares>>;

export function sharesTable(shares: AllShares): string {
  return `\nWhere the time goes (main thread)\n${table(sharesRows(shares))}`;
}

export function sharesRows(shares: AllShares): string[][] {
  const names = Object.keys(shares);
  const row = (place: string) => [
    place,
    ...names.map((name) => `${number(shares[name]?.[place] ?? 0, 0)} %`),
  ];
  return [['', ...names], ...[...places.map(([place]) => place), REST].map(row)];
}
