/** `npm run bench`: measures this package beside its peers. See bench/README.md. */
import { fileURLToPath } from 'node:url';
import { conduct, participants, type Outcome } from './conduct.js';
import { readOptions, usage, type Options } from './options.js';
import { results } from './paths.js';
import { assertSocketsAllowed, prepare } from './prepare.js';
import { machine, writeRecord } from './report/record.js';
import { judge, targetTable } from './report/targets.js';
import { workTable } from './report/work-table.js';
import { full, quick } from './scale.js';

// A signal must end it as an error does: through `exit`, where the servers are killed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(usage);
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
  writeRecord(file, { machine: here, quick: options.quick, began, outcomes, judged });
  console.log(targetTable(judged));
  console.log(`\nAll answers and events were checked. Written to ${file}`);
}
