// Where the time of benchmarked servers goes, by the CPU profiles of V8 that `npm run bench --
// --cpu-prof FOLDER` leaves: `npm run bench:shares -- FOLDER`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { builtEntry } from '../bench/paths.js';
import { markdown, number, type Rows } from '../bench/report/tables.js';

type Call = Readonly<Record<'functionName' | 'url', string>>;

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Call }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** By place. */
type Shares = Readonly<Record<string, number>>;

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

/**
 * Percentages of the main thread's time: a column for each subject, of which `folder` has a folder
 * each; a row for each guard, and for what takes 1 % or more of one's time.
 */
export function shareRows(folder: string): Rows {
  const subjects = readdirSync(folder);
  const columns = subjects.map((subject) => sharesOf(join(folder, subject)));
  const most = (place: string): number => Math.max(...columns.map((column) => column[place] ?? 0));
  const places = [...new Set(columns.flatMap((column) => Object.keys(column)))]
    .filter((place) => most(place) >= 1 || place.startsWith(guard))
    .sort((a, b) => most(b) - most(a));
  const row = (place: string): string[] =>
    columns.map((column) => `${number(column[place] ?? 0, 1)} %`);
  return [['', ...subjects], ...places.map((place) => [place, ...row(place)])];
}

/** From the first request on. */
function sharesOf(folder: string): Shares {
  const spent = new Map<string, number>();
  let all = 0;
  // The second number in the name of a profile is the thread's: 0 is the main one.
  for (const name of readdirSync(folder).filter((it) => /\.0\.\d+\.cpuprofile$/.test(it))) {
    const { nodes, samples, timeDeltas } = JSON.parse(
      readFileSync(join(folder, name), 'utf8'),
    ) as Profile;
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(markdown(shareRows(process.argv[2] ?? 'profiles')));
}
