/** Where the time goes, by V8's CPU profiles. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { builtEntry } from '../paths.js';
import { number, type Rows } from './tables.js';

type Call = Readonly<Record<'functionName' | 'url', string>>;

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Call }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The percentages of the main thread's time that a server spent in each place. */
export type Shares = Readonly<Record<string, number>>;

const own = 'this package';
const built = new URL('.', builtEntry).href;
const guard = 'guard: ';
/** What a caller pays so that others are safe, by `file function`; a part of this package's share. */
const guards: Readonly<Record<string, RegExp>> = {
  'Host, Origin, Fetch Metadata': /^http\/guard\/|^util\/guards\.js isLoopback/,
  principal: /^(http|options)\/principal\.js /,
  'budget of bytes': /^wire\/json-size\.js |byte-budget\.js | heldBytesChanged$/,
  'requests in flight': /\/in-flight\.js /,
  'U+0085, U+2028, U+2029': / hasForeignLineEnd$/,
  usage: /\/usage\.js /,
};
const systemCalls = /^(writev|write\w+String|writeBuffer|getpeername|close|shutdown)$/;

/** Where a sample belongs. What V8 does for a function is the function's. */
function placesOf({ functionName, url }: Call): string[] {
  if (functionName === '(garbage collector)') return ['garbage collection'];
  if (url === '' && systemCalls.test(functionName)) return ['system calls'];
  if (url.startsWith('node:')) return ['node:http and below'];
  if (/@modelcontextprotocol|\/zod\//.test(url)) return ['the SDK and zod'];
  if (url.includes('/node_modules/') && !url.includes('/tsx/')) return ['Express and its helpers'];
  if (!url.startsWith(built)) return ['the rest'];
  const file = url.slice(built.length);
  const costs = Object.keys(guards).filter((it) => guards[it]?.test(`${file} ${functionName}`));
  return [own, `${own}: ${file}`, ...costs.map((name) => `${guard}${name}`)];
}

/** By subject, from the profiles in `folder/<subject>` that are new. */
export function allShares(folder: string, subjects: Iterable<string>, since: Date) {
  return Object.fromEntries([...subjects].map((it) => [it, sharesOf(join(folder, it), since)]));
}

/** From the first request on. */
function sharesOf(folder: string, since: Date): Shares {
  const spent = new Map<string, number>();
  let all = 0;
  // The second number in the name of a profile is the thread's: 0 is the main one.
  for (const name of readdirSync(folder).filter((it) => /\.0\.\d+\.cpuprofile$/.test(it))) {
    const file = join(folder, name);
    if (statSync(file).mtime < since) continue;
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as Profile;
    const calls = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
    const first = samples.findIndex((id) => calls.get(id)?.url === 'node:_http_server');
    for (let at = Math.max(first, 0); at < samples.length; at++) {
      const call = calls.get(samples[at] ?? 0);
      if (call === undefined || call.functionName === '(idle)') continue;
      const micros = timeDeltas[at] ?? 0;
      all += micros;
      for (const place of placesOf(call)) spent.set(place, (spent.get(place) ?? 0) + micros);
    }
  }
  return Object.fromEntries([...spent].map(([place, micros]) => [place, (100 * micros) / all]));
}

/** A column for each subject; a row for each guard, and for what takes 1 % or more of one's time. */
export function shareRows(shares: Readonly<Record<string, Shares>>): Rows {
  const columns = Object.values(shares);
  const most = (place: string) => Math.max(...columns.map((column) => column[place] ?? 0));
  const places = [...new Set(columns.flatMap((column) => Object.keys(column)))]
    .filter((place) => most(place) >= 1 || place.startsWith(guard))
    .sort((a, b) => most(b) - most(a));
  const row = (place: string) => columns.map((column) => `${number(column[place] ?? 0, 1)} %`);
  return [['', ...Object.keys(shares)], ...places.map((place) => [place, ...row(place)])];
}
