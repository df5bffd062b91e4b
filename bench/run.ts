/** `npm run bench`: measures this package beside its peers. See bench/README.md. */
import { conduct } from './conduct.js';
import { readOptions, usage, type Options } from './options.js';
import { latest } from './paths.js';
import { notJudged, prepare } from './prepare.js';
import * as records from './report/record.js';
import { markdown, targetRows, workRows } from './report/tables.js';
import { judge, shortfall } from './report/targets.js';
import { scales } from './scale.js';
import { works } from './works/index.js';

try {
  process.exitCode = await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? `\nFAILED: ${error.message}` : error);
  process.exitCode = 1;
}
// Servers that still run after a failure are killed on the way out.
process.exit();

/** Returns the exit code. */
async function main(options: Options): Promise<number> {
  if (options.help) console.log(usage);
  else if (options.from) {
    const record = records.readRecord(options.from);
    for (const name of Object.keys(record.works)) printWork(record.works, name);
    return conclude(record, options.check);
  } else return conclude(await measure(options), options.check);
  return 0;
}

async function measure(options: Options): Promise<records.RunRecord> {
  // A signal must end it as an error does: through `exit`, where the servers are killed.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(1));
  }
  const { form, profiles, plan, json: file = latest } = options;
  const began = new Date().toISOString();
  const skipped = prepare(new Set(plan.flatMap(({ names }) => names)), scales[form].sockets);
  const machine = records.thisMachine();
  console.log(`\n${machine}`);
  for (const [name, reason] of skipped) console.log(`skipped: ${name}: ${reason}`);

  const done: Record<string, records.WorkRecord> = {};
  for (const { work, names } of plan) {
    const able = names.filter((name) => !skipped.has(name));
    if (able.length === 0) continue;
    done[work.name] = await conduct(work, able, options);
    printWork(done, work.name);
  }
  const profiled = profiles !== undefined;
  const record = { machine, node: process.version, form, began, profiled, works: done };
  records.writeRecord(file, record);
  console.log(`\nAll answers and events were checked. Written to ${file}`);
  return record;
}

function printWork(done: records.Works, name: string): void {
  const work = works.find((known) => known.name === name);
  const record = done[name];
  if (work === undefined || record === undefined) return;
  const { title, seconds, samples } = record;
  const rounds = Math.max(...Object.values(samples).map((taken) => taken.length));
  console.log(`\n${name}: ${title} (medians of ${rounds} rounds, ${seconds} s)`);
  console.log(`${markdown(workRows(done, work))}\n${work.remark ?? ''}`.trimEnd());
}

/** Prints the targets beside the figures, where there is something to judge. */
function conclude(
  { node, form, profiled, works: done }: records.RunRecord,
  check: boolean,
): number {
  // What is profiled is slow, and what is small is not steady.
  const reason =
    notJudged(node) ?? (profiled || form === 'smoke' ? 'Nothing to judge.' : undefined);
  if (reason !== undefined) {
    console.log(`\n${reason}`);
    return check ? 1 : 0;
  }
  const judged = judge(done);
  const short = (value: string) => `SHORT ${value}`;
  console.log(`\nTargets, on Node ${node}\n${markdown(targetRows([judged], short))}`);
  const missed = shortfall(judged);
  if (missed !== undefined) console.log(`\n${missed}`);
  return check && missed !== undefined ? 1 : 0;
}
