/** `npm run bench`: measures this package beside its peers. See bench/README.md. */
import { fileURLToPath } from 'node:url';
import { conduct, participants, type Outcome } from './conduct.js';
import { readOptions, usage, type Options } from './options.js';
import { writePage } from './page.js';
import { results } from './paths.js';
import { assertSocketsAllowed, prepare } from './prepare.js';
import { machine, writeRecord } from './report/record.js';
import { sharesOf, sharesTable, type AllShares } from './report/shares.js';
import { judge, targetTable } from './report/targets.js';
import { workTable } from './report/work-table.js';
import { full, quick } from './scale.js';
import type { SubjectName } from './subjects/index.js';

// A signal must end it as an error does: through `exit`, where the servers are killed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(usage);
  else if (options.page !== undefined) await writePage(options.page);
  else await bench(options);
} catch (error) {
  console.error(error instanceof Error ? `\nFAILED: ${error.message}` : error);
  process.exit(1);
}

async function bench(options: Options): Promise<void> {
  const began = new Date();
  const scale = options.quick ? quick : full;
  const plan = options.works
    .map((work) => ({ work, names: participants(work, options) }))
    .filter(({ names }) => names.length > 0);
  assertSocketsAllowed(
    Math.max(...plan.map(({ work, names }) => work.sockets(scale, names.length))),
  );
  prepare(plan.flatMap(({ names }) => names));
  const here = machine();
  console.log(`\n${here.cpu}, ${here.cores} cores, ${here.platform}, Node ${here.node}`);
  console.log(
    Object.entries(here.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  );

  const outcomes: Outcome[] = [];
  for (const { work } of plan) {
    const outcome = await conduct(work, options, scale);
    outcomes.push(outcome);
    console.log(workTable(outcome));
  }
  const judged = judge(outcomes);
  const file = options.json ?? fileURLToPath(new URL('latest.json', results));
  const shares =
    options.profiles === undefined ? undefined : sharesOfAll(options.profiles, plan, began);
  writeRecord(file, { machine: here, quick: options.quick, began, outcomes, judged, shares });
  if (shares) console.log(sharesTable(shares));
  else console.log(targetTable(judged));
  console.log(`\nAll answers and events were checked. Written to ${file}`);
}

/** What is profiled is slow: it is judged by its shares, not by its figures. */
function sharesOfAll(
  folder: string,
  plan: readonly { readonly names: readonly SubjectName[] }[],
  since: Date,
): AllShares {
  const names = [...new Set(plan.flatMap((one) => one.names))];
  return Object.fromEntries(names.map((name) => [name, sharesOf(folder, name, since)]));
}
